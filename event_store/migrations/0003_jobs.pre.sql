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

call migration.isolate_tenants('jobs');
-- Rows hold only ids, times and counts, so a worker may search all tenants for work.
create policy work on jobs.queue to scheduler_worker using (true) with check (true);
create policy work on jobs.job to scheduler_worker using (true) with check (true);

grant select, insert, update, delete on jobs.queue, jobs.job to scheduler_projector, scheduler_worker;
