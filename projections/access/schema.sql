-- Whose key a key is; only hashes are known. Runs as scheduler_owner with search_path on the schema that is filled.

create table api_key (
    tenant_id    uuid not null,
    key_id       uuid not null,
    role         text not null,
    label        text not null,
    key_hash     bytea not null check (length(key_hash) = 32),
    clinician_id uuid,
    issued_at    timestamptz not null,
    revoked_at   timestamptz,
    version      integer not null,
    position     bigint not null,
    primary key (tenant_id, key_id)
);

create index api_key_by_hash on api_key (key_hash);

alter table api_key enable row level security;
alter table api_key force row level security;
create policy tenant on api_key using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on api_key for select to scheduler_backup using (true);

-- A key is looked up before its practice is known: whoever holds the key knows its hash, and sees this one row.
create policy holder on api_key for select to scheduler_app
    using (key_hash = decode(nullif(current_setting('app.key_hash', true), ''), 'hex'));

grant select, insert, update, delete on api_key to scheduler_projector;
grant select on api_key to scheduler_app, scheduler_backup;
