-- The state of the projectors: their cursors, and the definition of each read model.

create schema projection;
grant usage on schema projection to scheduler_app, scheduler_projector, scheduler_backup;

-- How far each projector has come in each practice's log. `error` is the class of the error that
-- stopped it there, never the message; `failed_position` is the event that it could not project.
create table projection.cursor (
    tenant_id       uuid not null,
    projector       text not null,
    position        bigint not null default 0 check (position >= 0),
    error           text,
    failed_position bigint,
    updated_at      timestamptz not null default now(),
    primary key (tenant_id, projector)
) with (fillfactor = 50);

call migration.isolate_tenants('projection', 'log.current_tenant()');
-- Cursors hold only ids and counts. A projector follows all logs; a rebuild moves all cursors at
-- once.
create policy follow on projection.cursor to scheduler_projector using (true) with check (true);
create policy rebuild on projection.cursor to scheduler_owner using (true) with check (true);

grant select on projection.cursor to scheduler_app;
grant select, insert, update on projection.cursor to scheduler_projector;

-- The definition from which each read model was last filled.
create table projection.read_model (
    name        text primary key,
    fingerprint text not null
);

alter table projection.read_model enable row level security;
alter table projection.read_model force row level security;
create policy owner on projection.read_model to scheduler_owner using (true) with check (true);
