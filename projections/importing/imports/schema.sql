-- The imports of files.

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
