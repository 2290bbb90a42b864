-- Reads what a command or a slot query depends on, in one round trip and one snapshot. No row: the
-- practice has no log.
--
-- Returns the claims on any resource in p_what that overlap [p_from, p_until). None lasts longer
-- than 40 hours, so earlier ones are not read. catalogue_position is that of the last event of the
-- catalogue. p_subject and p_command may be null. The events of the subject's stream are returned
-- in order, without their sealed parts.
create or replace function log.read_booking_context(
    p_tenant uuid, p_what uuid[], p_from timestamptz, p_until timestamptz, p_subject uuid, p_command uuid
)
returns table (
    "position" bigint, catalogue_position bigint, subject_events text, is_command_known boolean,
    holders uuid[], whats uuid[], starts timestamptz[], ends timestamptz[],
    visit_starts timestamptz[], visit_ends timestamptz[], services uuid[], expiries timestamptz[], besides boolean[]
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
              and e.stream_type in (
                  'practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service'
              )
        ), 0),
        case when p_subject is not null then (
            select jsonb_agg(jsonb_build_array(e.event_type, e.body) order by e.version)::text from log.event e
            where e.tenant_id = p_tenant and e.stream_id = p_subject
        ) end,
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
