-- Begins a tenant's part of a projector's transaction: sets the tenant, moves its cursors, and
-- holds them until the commit. Raises SC001 if another runner has moved one of them: no event is
-- projected twice.
create or replace function projection.advance(p_tenant uuid, p_moves json) returns void
language plpgsql
as $$
declare
    moved integer;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    update projection.cursor c
    set position = r.position, error = null, failed_position = null, updated_at = now()
    from json_to_recordset(p_moves) as r (projector text, expected bigint, position bigint)
    where c.tenant_id = p_tenant and c.projector = r.projector and c.position = r.expected;
    get diagnostics moved = row_count;
    if moved <> json_array_length(p_moves) then
        raise exception 'another runner has moved a cursor' using errcode = 'SC001';
    end if;
end
$$;

revoke all on function projection.advance from public;
grant execute on function projection.advance to scheduler_projector;
