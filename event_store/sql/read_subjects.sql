-- Reads the events of some streams, each stream's in order, without their sealed parts.
create or replace function log.read_subjects(p_tenant uuid, p_subjects uuid[])
returns table (subject uuid, events text)
language plpgsql
strict
as $$
#variable_conflict use_column
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
    select e.stream_id, jsonb_agg(jsonb_build_array(e.event_type, e.body) order by e.version)::text
    from log.event e
    where e.tenant_id = p_tenant and e.stream_id = any (p_subjects)
    group by e.stream_id;
end
$$;

revoke all on function log.read_subjects from public;
grant execute on function log.read_subjects to scheduler_app;
