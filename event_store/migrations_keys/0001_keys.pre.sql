-- The wrapped keys of practices and persons, and the ledger of erasures. They have a database of
-- their own, so that restoring the log from a backup cannot restore a destroyed key. Runs as
-- scheduler_owner.

create schema keys;
grant usage on schema keys to scheduler_keys_app;

-- The tenant of the running transaction. Null if none was set: then no policy shows any row.
create function keys.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- Wrapped by the master key. The newest version wraps; older ones still unwrap what they wrapped.
create table keys.practice_key (
    tenant_id  uuid not null,
    version    integer not null check (version > 0),
    key_id     uuid not null,
    wrapped    bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version),
    unique (tenant_id, key_id)
);

-- Wrapped by a practice key, which the wrapping names; null once destroyed. The row stays, so that
-- an erased key differs from an unknown one. `reserved` counts the nonces that processes may have
-- used, never fewer than were used.
create table keys.person_key (
    tenant_id  uuid not null,
    key_id     uuid not null,
    subject_id uuid not null,
    purpose    text not null check (purpose in ('identity', 'notes', 'files')),
    version    integer not null check (version > 0),
    wrapped    bytea,
    reserved   bigint not null check (reserved > 0),
    created_at timestamptz not null default now(),
    primary key (tenant_id, key_id),
    unique (tenant_id, subject_id, purpose, version)
) with (fillfactor = 80);

-- The persons who were erased. `seq` rises over all practices, and within each practice in the
-- order of commits: see KeyStore.erase.
create sequence keys.erasure_seq cache 1;
create table keys.erasure_ledger (
    tenant_id  uuid not null,
    subject_id uuid not null,
    seq        bigint not null default nextval('keys.erasure_seq'),
    erased_at  timestamptz not null default now(),
    primary key (tenant_id, subject_id),
    unique (tenant_id, seq)
);

call migration.isolate_tenants('keys', 'keys.current_tenant()', p_backup => false);

-- A destroyed key cannot be restored from a copy.
create policy living on keys.person_key as restrictive for update using (wrapped is not null) with check (true);

-- No row is ever deleted, and an entry of the ledger never changes.
grant select, insert on keys.practice_key, keys.erasure_ledger to scheduler_keys_app;
grant select, insert, update (wrapped, reserved) on keys.person_key to scheduler_keys_app;
grant select, usage on sequence keys.erasure_seq to scheduler_keys_app;
