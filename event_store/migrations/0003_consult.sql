-- What a command or a slot query must know of a practice before it decides, in one round trip and one snapshot.
--
-- Claims of any of p_what that overlap [p_from, p_until); none lasts longer than 40 hours, so older ones cannot matter.
-- p_patient and p_command may be null: then they are not known. An erased patient is not known either.
-- catalogue_position is that of the newest event that changed what can be booked.
create function log.consult(p_tenant uuid, p_what uuid[], p_from timestamptz, p_until timestamptz, p_patient uuid, p_command uuid)
returns table (
    "position" bigint, catalogue_position bigint, is_patient_known boolean, patient_zone text, is_command_known boolean,
    holders uuid[], whats uuid[], starts timestamptz[], ends timestamptz[], visit_starts timestamptz[], visit_ends timestamptz[]
)
language plpgsql
as $$
#variable_conflict use_column
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
    select
        h.position,
        coalesce((
            select max(e.position) from log.event e
            where e.tenant_id = p_tenant
              and e.stream_type in ('practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service')
        ), 0),
        coalesce(p.is_known, false),
        p.zone,
        exists (select from log.event e where e.tenant_id = p_tenant and e.command_id = p_command),
        c.holders, c.whats, c.starts, c.ends, c.visit_starts, c.visit_ends
    from log.tenant_head h
    left join lateral (
        select
            e.body ->> 'zone' as zone,
            not exists (
                select from log.event x
                where x.tenant_id = p_tenant and x.stream_id = p_patient and x.event_type = 'patients.patient.erased'
            ) as is_known
        from log.event e
        where e.tenant_id = p_tenant and e.stream_id = p_patient
          and e.event_type in ('patients.patient.registered', 'patients.patient.details_changed')
        order by e.version desc
        limit 1
    ) p on true
    cross join lateral (
        select
            array_agg(t.holder_id) as holders,
            array_agg(t.what) as whats,
            array_agg(t.starts_at) as starts,
            array_agg(t.ends_at) as ends,
            array_agg(t.visit_starts_at) as visit_starts,
            array_agg(t.visit_ends_at) as visit_ends
        from log.time_claim t
        where t.tenant_id = p_tenant
          and t.what = any (p_what)
          and t.starts_at > p_from - interval '40 hours'
          and t.starts_at < p_until
          and t.ends_at > p_from
    ) c
    where h.tenant_id = p_tenant;

    -- As in log.append: a plan made while tables are small must not stay.
    if random() * 500 < 1 then
        discard plans;
    end if;
end
$$;

revoke all on function log.consult from public;
grant execute on function log.consult to scheduler_app;
