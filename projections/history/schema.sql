-- Which visits (stream_id) a thing takes part in, and since which event. A thing's own events, and a visit's, are found in the log, and copied nowhere.
-- Runs as scheduler_owner with search_path on the schema that is filled.

create table participation (
    tenant_id uuid not null,
    thing_id  uuid not null,
    position  bigint not null,
    stream_id uuid not null,
    primary key (tenant_id, thing_id, position)
);

alter table participation enable row level security;
alter table participation force row level security;
-- As a subquery the practice is looked up once a statement, and not once a row.
create policy tenant on participation
    using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on participation for select to scheduler_backup using (true);

grant select, insert, update, delete on participation to scheduler_projector;
grant select on participation to scheduler_app, scheduler_auditor, scheduler_backup;
