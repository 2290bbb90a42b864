-- The durable work queue; see docs/adr/0038.
--
-- Rows hold ids, times and counts only, so that a worker may look for work in all practices at
-- once.

create schema jobs;
grant usage on schema jobs to scheduler_projector, scheduler_worker, scheduler_backup;

-- One practice's queue of the jobs of one name. Its lock guards the jobs in it: functions take it
-- first. `ready_at` is never later than the time at which the next job is due; null means that none
-- waits.
create table jobs.queue (
    tenant_id    uuid not null,
    name         text not null,
    ready_at     timestamptz,
    lease        uuid,
    leased_until timestamptz,
    primary key (tenant_id, name)
) with (fillfactor = 50);

create index queue_ready on jobs.queue (ready_at) where ready_at is not null;

-- A finished job is deleted. `revision` counts how often the key was enqueued, so that a worker
-- which finishes a job does not delete what was enqueued while it ran. `error` is the class of the
-- last error, never its message.
create table jobs.job (
    tenant_id   uuid not null,
    name        text not null,
    key         text not null,
    job_id      uuid not null default gen_random_uuid(),
    payload     jsonb not null,
    priority    smallint not null check (priority between 0 and 2),
    due_at      timestamptz not null,
    enqueued_at timestamptz not null default now(),
    revision    integer not null default 1,
    lease       uuid,
    attempts    integer not null default 0,
    error       text,
    dead_at     timestamptz,
    done        integer,
    total       integer,
    primary key (tenant_id, name, key)
) with (fillfactor = 70);

create index job_due on jobs.job (tenant_id, name, priority, due_at) where dead_at is null;

do $$
declare
    t text;
begin
    foreach t in array array['queue', 'job'] loop
        execute format('alter table jobs.%I enable row level security', t);
        execute format('alter table jobs.%I force row level security', t);
        execute format('create policy tenant on jobs.%I using (tenant_id = (select log.current_tenant()))'
                       ' with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy work on jobs.%I to scheduler_worker using (true) with check (true)', t);
        execute format('create policy whole on jobs.%I for select to scheduler_backup using (true)', t);
        execute format('grant select, insert, update, delete on jobs.%I to scheduler_projector, scheduler_worker', t);
        execute format('grant select on jobs.%I to scheduler_backup', t);
    end loop;
end $$;

-- Enqueues or cancels jobs of the transaction's practice: [{name, key, payload, priority, due_at},
-- {name, key}, ...], each key once. A row without `due_at` cancels. A key that is stored already is
-- replaced, and its attempts begin anew.
create function jobs.change(p_rows json) returns void
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

-- When the next job of a queue is due; null if none waits.
create function jobs.next_due(p_tenant uuid, p_name text) returns timestamptz
language sql stable
as $$
    select min(first.due_at) from generate_series(0, 2) as p (priority) cross join lateral (
        select j.due_at from jobs.job j
        where j.tenant_id = p_tenant and j.name = p_name and j.priority = p.priority and j.dead_at is null
        order by j.due_at limit 1
    ) as first
$$;

-- Leases the queue that has been ready for longest, and returns its next job: the most urgent one,
-- then the one due first. Two statements, since the second must see what was committed before the
-- first one locked the queue.
create function jobs.take(p_lease uuid, p_seconds double precision, p_now timestamptz, p_busy uuid[], p_names text[])
returns setof jobs.job
language plpgsql
as $$
declare
    chosen record;
    is_found boolean;
begin
    loop
        update jobs.queue q set lease = p_lease, leased_until = clock_timestamp() + make_interval(secs => p_seconds)
        from (
            select w.tenant_id, w.name from jobs.queue w
            where w.ready_at <= p_now and (w.leased_until is null or w.leased_until <= clock_timestamp())
              and w.tenant_id <> all (p_busy) and w.name = any (p_names)
            order by w.ready_at, w.leased_until nulls first limit 1 for update skip locked
        ) as c
        where q.tenant_id = c.tenant_id and q.name = c.name
        returning q.tenant_id, q.name into chosen;
        if not found then
            return;
        end if;
        return query
        update jobs.job j set lease = p_lease, attempts = j.attempts + 1
        from (
            select first.key from generate_series(0, 2) as p (priority) cross join lateral (
                select w.key, w.due_at from jobs.job w
                where w.tenant_id = chosen.tenant_id and w.name = chosen.name and w.priority = p.priority and w.dead_at is null
                  and w.due_at <= p_now
                order by w.due_at limit 1
            ) as first
            order by p.priority desc limit 1
        ) as next
        where j.tenant_id = chosen.tenant_id and j.name = chosen.name and j.key = next.key
        returning j.*;
        is_found := found;
        exit when is_found;
        -- It was cancelled or moved to a later time.
        update jobs.queue q set lease = null, leased_until = clock_timestamp(), ready_at = jobs.next_due(q.tenant_id, q.name)
        where q.tenant_id = chosen.tenant_id and q.name = chosen.name;
    end loop;
end
$$;

-- Ends a lease. Without `p_due` and `p_error` the job is done and deleted; with `p_due` it runs
-- again then; with `p_error` alone it is dead. What was enqueued meanwhile under the same key stays
-- as it is. Returns false if the lease has gone to another worker.
create function jobs.finish(
    p_tenant uuid, p_name text, p_key text, p_lease uuid, p_revision integer, p_now timestamptz,
    p_due timestamptz, p_error text, p_attempts integer
)
returns boolean
language plpgsql
as $$
declare
    next_due timestamptz;
begin
    perform from jobs.queue q where q.tenant_id = p_tenant and q.name = p_name and q.lease = p_lease for update;
    if not found then
        return false;
    end if;
    if p_due is null and p_error is null then
        delete from jobs.job j
        where j.tenant_id = p_tenant and j.name = p_name and j.key = p_key and j.revision = p_revision;
    else
        update jobs.job j
        set due_at = coalesce(p_due, j.due_at), error = p_error, attempts = p_attempts, lease = null,
            dead_at = case when p_due is null then p_now end
        where j.tenant_id = p_tenant and j.name = p_name and j.key = p_key and j.revision = p_revision;
    end if;
    next_due := jobs.next_due(p_tenant, p_name);
    -- Behind the queues that have become ready meanwhile.
    update jobs.queue q
    set lease = null, leased_until = clock_timestamp(), ready_at = case when next_due is not null then greatest(next_due, p_now) end
    where q.tenant_id = p_tenant and q.name = p_name;
    return true;
end
$$;

-- Lets a dead job run again; returns false if there is no dead one with this id.
create function jobs.retry(p_job uuid, p_now timestamptz) returns boolean
language plpgsql
as $$
declare
    chosen record;
begin
    select j.tenant_id, j.name into chosen from jobs.job j where j.job_id = p_job and j.dead_at is not null;
    if not found then
        return false;
    end if;
    update jobs.queue q set ready_at = least(q.ready_at, p_now) where q.tenant_id = chosen.tenant_id and q.name = chosen.name;
    update jobs.job j set due_at = p_now, attempts = 0, dead_at = null where j.job_id = p_job and j.dead_at is not null;
    notify scheduler_jobs;
    return true;
end
$$;

revoke all on function jobs.change, jobs.next_due, jobs.take, jobs.finish, jobs.retry from public;
grant execute on function jobs.change, jobs.next_due to scheduler_projector, scheduler_worker;
grant execute on function jobs.take, jobs.finish, jobs.retry to scheduler_worker;
