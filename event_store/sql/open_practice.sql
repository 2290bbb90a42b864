-- Creates the log of a practice, unless it exists, and enters the practice in the list of practices:
-- the only way to do so. p_genesis is the hash before the first event. Runs as scheduler_writer; see
-- docs/adr/0008 and 0045.
create or replace function log.open_practice(p_tenant uuid, p_genesis bytea) returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    entry log.practice_list;
begin
    perform from log.practice_list for update;
    insert into log.tenant_head (tenant_id, head_hash) values (p_tenant, p_genesis) on conflict do nothing;
    if not found then
        return;
    end if;
    update log.practice_list l
    set number = l.number + 1, hash = sha256(l.hash || int8send(l.number + 1) || uuid_send(p_tenant))
    returning * into entry;
    insert into log.practice (tenant_id, number, hash) values (p_tenant, entry.number, entry.hash);
end
$$;

grant create on schema log to scheduler_writer;
alter function log.open_practice owner to scheduler_writer;
revoke create on schema log from scheduler_writer;
revoke all on function log.open_practice from public;
grant execute on function log.open_practice to scheduler_app;
