-- How far each projector has come in each practice's log. Runs as scheduler_owner; safe to run twice.

create schema if not exists projection;
grant usage on schema projection to scheduler_app, scheduler_projector, scheduler_backup;

-- error is the class of what stopped the projector in this practice, never its message; failed_position the event it stopped at.
create table if not exists projection.cursor (
    tenant_id       uuid not null,
    projector       text not null,
    position        bigint not null default 0 check (position >= 0),
    error           text,
    failed_position bigint,
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, projector)
) with (fillfactor = 50);

-- The form in which each read model was last filled.
create table if not exists projection.read_model (
    name        text primary key,
    fingerprint text not null
);

alter table projection.cursor enable row level security;
alter table projection.cursor force row level security;
alter table projection.read_model enable row level security;
alter table projection.read_model force row level security;

drop policy if exists tenant on projection.cursor;
drop policy if exists follow on projection.cursor;
drop policy if exists rebuild on projection.cursor;
drop policy if exists whole on projection.cursor;
drop policy if exists owner on projection.read_model;

create policy tenant on projection.cursor for select to scheduler_app using (tenant_id = log.current_tenant());
-- Cursors hold ids and counts only. A projector sweeps all practices; a rebuild moves all cursors at once.
create policy follow on projection.cursor to scheduler_projector using (true) with check (true);
create policy rebuild on projection.cursor to scheduler_owner using (true) with check (true);
create policy whole on projection.cursor for select to scheduler_backup using (true);
create policy owner on projection.read_model to scheduler_owner using (true) with check (true);

grant select on projection.cursor to scheduler_app, scheduler_backup;
grant select, insert, update on projection.cursor to scheduler_projector;
