-- The list of imports. Runs as scheduler_owner with search_path on the schema that is filled.

create table import (
    tenant_id       uuid not null,
    import_id       uuid not null,
    kind            text not null,
    source          text not null,
    file_hash       text not null,
    status          text not null,
    started_at      timestamptz not null,
    started_by      text not null,
    row_count       integer not null,
    made_count      integer not null,
    matched_count   integer not null,
    refused_count   integer not null,
    withdrawn_count integer not null,
    kept_count      integer not null,
    undone_at       timestamptz,
    version         integer not null,
    position        bigint not null,
    primary key (tenant_id, import_id)
);

alter table import enable row level security;
alter table import force row level security;
create policy tenant on import using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on import for select to scheduler_backup using (true);
grant select, insert, update, delete on import to scheduler_projector;
grant select on import to scheduler_app, scheduler_backup;
