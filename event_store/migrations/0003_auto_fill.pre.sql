-- The work queue of the wait list: time that was given up, and openings whose offers have ended.
--
-- A task holds only where to look and when; the worker decides from the log. So a task may run
-- twice or late. The projector `auto_fill` inserts tasks with its cursor; the worker deletes them.

create schema auto_fill;
grant usage on schema auto_fill to scheduler_projector, scheduler_worker, scheduler_backup;

-- `version`: the version at which an appointment, a session or a hold gave its time up; 0 for an
-- opening.
create table auto_fill.task (
    tenant_id uuid not null,
    thing_id  uuid not null,
    version   integer not null,
    due_at    timestamptz not null,
    primary key (tenant_id, thing_id, version)
) with (fillfactor = 70);

create index task_by_time on auto_fill.task (due_at);

call migration.isolate_tenants('auto_fill');
-- Tasks hold only ids and times, so a worker may search all tenants for work.
create policy work on auto_fill.task to scheduler_worker using (true) with check (true);

grant select, insert, update, delete on auto_fill.task to scheduler_projector;
grant select, update, delete on auto_fill.task to scheduler_worker;
