-- Reads what a command or a slot query depends on, in one round trip and one snapshot. No row: the
-- practice has no log.
--
-- Returns the claims on any resource in p_what that overlap [p_from, p_until). None lasts longer
-- than 40 hours, so earlier ones are not read. catalogue_position is that of the last event of the
-- catalogue. p_patient and p_command may be null: then they are not known, and neither is an erased
-- patient.
--
-- Most patients have only the events of their registration, which are read here. All others are
-- left to log.patient_standing; calling it for each booking took as long as everything else.
create or replace function log.read_booking_context(
    p_tenant uuid, p_what uuid[], p_from timestamptz, p_until timestamptz, p_patient uuid, p_command uuid
)
returns table (
    "position" bigint, catalogue_position bigint, is_patient_known boolean, zone text, merged_into uuid, alerted uuid[],
    withdrawn boolean, is_command_known boolean,
    holders uuid[], whats uuid[], starts timestamptz[], ends timestamptz[],
    visit_starts timestamptz[], visit_ends timestamptz[], services uuid[], expiries timestamptz[], besides boolean[]
)
language plpgsql
as $$
#variable_conflict use_column
declare
    is_known boolean;
    is_particular boolean;
    own_zone text;
    survivor uuid;
    alerts uuid[] := '{}';
    is_withdrawn boolean := false;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    if p_patient is not null then
        select
            bool_or(e.event_type in ('patients.patient.registered', 'patients.patient.details_changed'))
                and not bool_or(e.event_type = 'patients.patient.erased'),
            bool_or(e.event_type not in (
                'patients.patient.registered', 'patients.patient.details_changed', 'patients.patient.erased'
            )),
            (array_agg(e.body ->> 'zone' order by e.version desc)
                filter (where e.event_type in ('patients.patient.registered', 'patients.patient.details_changed')))[1]
        into is_known, is_particular, own_zone
        from log.event e
        where e.tenant_id = p_tenant and e.stream_id = p_patient;
        if is_known and is_particular then
            select s.zone, s.merged_into, s.alerted, s.withdrawn into own_zone, survivor, alerts, is_withdrawn
            from log.patient_standing(p_tenant, p_patient) s;
        end if;
    end if;
    return query
    select
        h.position,
        coalesce((
            select max(e.position) from log.event e
            where e.tenant_id = p_tenant
              and e.stream_type in (
                  'practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service'
              )
        ), 0),
        coalesce(is_known, false), own_zone, survivor, alerts, is_withdrawn,
        exists (select from log.event e where e.tenant_id = p_tenant and e.command_id = p_command),
        c.holders, c.whats, c.starts, c.ends, c.visit_starts, c.visit_ends,
        c.services, c.expiries, c.besides
    from log.tenant_head h
    cross join lateral (
        select
            array_agg(t.holder_id) as holders,
            array_agg(t.what) as whats,
            array_agg(t.starts_at) as starts,
            array_agg(t.ends_at) as ends,
            array_agg(t.visit_starts_at) as visit_starts,
            array_agg(t.visit_ends_at) as visit_ends,
            array_agg(t.service_id) as services,
            array_agg(t.expires_at) as expiries,
            array_agg(t.beside) as besides
        from log.time_claim t
        where t.tenant_id = p_tenant
          and t.what = any (p_what)
          and t.starts_at > p_from - interval '40 hours'
          and t.starts_at < p_until
          and t.ends_at > p_from
    ) c
    where h.tenant_id = p_tenant;

    -- As in log.append: a plan that was made while the tables were small must not stay.
    if random() * 500 < 1 then
        discard plans;
    end if;
end
$$;

revoke all on function log.read_booking_context from public;
grant execute on function log.read_booking_context to scheduler_app;
