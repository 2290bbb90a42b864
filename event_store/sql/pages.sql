-- Returns the next page of each of several practices' logs in one round trip; for projectors.
create or replace function log.pages(p_tenant uuid[], p_after bigint[], p_limit integer)
returns table (
    tenant_id uuid, "position" bigint, event_type text, stream_id uuid, version integer, body text,
    schema_version smallint, actor text, command_id uuid, causation_id uuid, effective_at timestamptz,
    recorded_at timestamptz, sealed bytea
)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
    for i in 1 .. cardinality(p_tenant) loop
        perform set_config('app.tenant_id', p_tenant[i]::text, true);
        return query
        select e.tenant_id, e.position::bigint, e.event_type, e.stream_id, e.version, e.body::text, e.schema_version,
               e.actor, e.command_id, e.causation_id, e.effective_at::timestamptz, e.recorded_at::timestamptz, e.sealed
        from log.event e
        where e.tenant_id = p_tenant[i] and e.position > p_after[i]
        order by e.position
        limit p_limit;
    end loop;
end
$$;

revoke all on function log.pages from public;
grant execute on function log.pages to scheduler_projector;
