-- Where in the log a thing's events lie; the events themselves are read there and copied nowhere.
-- Runs as scheduler_owner with search_path on the schema that is filled.

-- stream_id is whose event it is: the thing's own, or a visit that it takes part in.
create table entry (
    tenant_id uuid not null,
    thing_id  uuid not null,
    position  bigint not null,
    stream_id uuid not null,
    primary key (tenant_id, thing_id, position)
);

alter table entry enable row level security;
alter table entry force row level security;
create policy tenant on entry using (tenant_id = log.current_tenant()) with check (tenant_id = log.current_tenant());
create policy whole on entry for select to scheduler_backup using (true);

grant select, insert, update, delete on entry to scheduler_projector;
grant select on entry to scheduler_app, scheduler_auditor, scheduler_backup;
