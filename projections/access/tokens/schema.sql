-- API keys and calendar feeds. Only the hashes of keys and tokens are stored.

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

-- A key is looked up before its practice is known: the holder of a key may read the row with its
-- hash.
create policy holder on api_key for select to scheduler_app
    using (key_hash = decode(nullif(current_setting('app.key_hash', true), ''), 'hex'));

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

-- Likewise, the holder of a feed's token may read the row with its hash.
create policy holder on feed for select to scheduler_app
    using (token_hash = decode(nullif(current_setting('app.token_hash', true), ''), 'hex'));
