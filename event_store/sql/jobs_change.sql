-- Enqueues or cancels jobs of the transaction's practice: [{name, key, payload, priority, due_at},
-- {name, key}, ...], each key once. A row without `due_at` cancels. A key that is stored already is
-- replaced, and its attempts start at zero.
create or replace function jobs.change(p_rows json) returns void
language plpgsql
as $$
declare
    -- As log.current_tenant(); scheduler_worker has no access to the schema log.
    tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    insert into jobs.queue (tenant_id, name)
    select distinct tenant, r.name from json_to_recordset(p_rows) as r (name text) order by r.name
    on conflict do nothing;
    -- In one order, so that two transactions never wait for each other.
    perform from jobs.queue q
    where q.tenant_id = tenant and q.name in (select r.name from json_to_recordset(p_rows) as r (name text))
    order by q.name for update;
    delete from jobs.job j using json_to_recordset(p_rows) as r (name text, key text, due_at timestamptz)
    where j.tenant_id = tenant and j.name = r.name and j.key = r.key and r.due_at is null;
    insert into jobs.job as j (tenant_id, name, key, payload, priority, due_at)
    select tenant, r.name, r.key, r.payload, r.priority, r.due_at
    from json_to_recordset(p_rows) as r (name text, key text, payload jsonb, priority smallint, due_at timestamptz)
    where r.due_at is not null
    on conflict (tenant_id, name, key) do update
    set payload = excluded.payload, priority = excluded.priority, due_at = excluded.due_at, enqueued_at = now(),
        revision = j.revision + 1, attempts = 0, error = null, dead_at = null, done = null, total = null;
    update jobs.queue q set ready_at = least(q.ready_at, r.due_at)
    from (
        select x.name, min(x.due_at) as due_at from json_to_recordset(p_rows) as x (name text, due_at timestamptz) group by x.name
    ) as r
    where q.tenant_id = tenant and q.name = r.name and (q.ready_at is null or r.due_at < q.ready_at);
    -- A hint: a worker looks once a second anyway.
    if exists (select from json_to_recordset(p_rows) as r (due_at timestamptz) where r.due_at <= now()) then
        notify scheduler_jobs;
    end if;
end
$$;

revoke all on function jobs.change from public;
grant execute on function jobs.change to scheduler_projector, scheduler_worker;
