-- What the wait list is to be asked about: times that were given up, and openings whose offers have run out or been declined.
--
-- A row says where to look and from when on, and nothing more: what is to be done is decided from the log. So it does no harm to look
-- twice, nor late. Rows are made with the cursor of the projector `auto_fill`, and go when somebody has looked.

create schema auto_fill;
grant usage on schema auto_fill to scheduler_projector, scheduler_worker, scheduler_backup;

-- `version` is the one at which an appointment or a hold gave its time up; 0 for an opening.
create table auto_fill.task (
    tenant_id uuid not null,
    thing_id  uuid not null,
    version   integer not null,
    due_at    timestamptz not null,
    primary key (tenant_id, thing_id, version)
) with (fillfactor = 70);

create index task_by_time on auto_fill.task (due_at);

alter table auto_fill.task enable row level security;
alter table auto_fill.task force row level security;
create policy tenant on auto_fill.task using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
-- Ids and times alone, so that a worker may look for work in all practices at once.
create policy work on auto_fill.task to scheduler_worker using (true) with check (true);
create policy whole on auto_fill.task for select to scheduler_backup using (true);
grant select, insert, update, delete on auto_fill.task to scheduler_projector;
grant select, update, delete on auto_fill.task to scheduler_worker;
grant select on auto_fill.task to scheduler_backup;
