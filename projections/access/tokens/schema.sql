-- Whose key a key is, and whose visits a feed shows; only hashes of keys and tokens are known. Runs as scheduler_owner with search_path on the schema that is filled.

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

create table feed (
    tenant_id    uuid not null,
    feed_id      uuid not null,
    clinician_id uuid,
    patient_id   uuid,
    detail       text not null,
    token_hash   bytea not null check (length(token_hash) = 32),
    opened_at    timestamptz not null,
    revoked_at   timestamptz,
    version      integer not null,
    position     bigint not null,
    primary key (tenant_id, feed_id)
);

create index feed_by_hash on feed (token_hash);

alter table feed enable row level security;
alter table feed force row level security;
create policy tenant on feed using (tenant_id = (select log.current_tenant())) with check (tenant_id = (select log.current_tenant()));
create policy whole on feed for select to scheduler_backup using (true);

-- As a key: whoever holds a feed's token knows its hash, and sees this one row.
create policy holder on feed for select to scheduler_app
    using (token_hash = decode(nullif(current_setting('app.token_hash', true), ''), 'hex'));

grant select, insert, update, delete on feed to scheduler_projector;
grant select on feed to scheduler_app, scheduler_backup;
