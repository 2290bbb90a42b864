-- The keys of practices and persons, always wrapped, and the ledger of erasures. A database of its own: a restore of the log
-- must not bring a destroyed key back. Runs as scheduler_owner; row-level security enabled and forced on every table.

create schema keys;
grant usage on schema keys to scheduler_keys_app;

-- The practice of the running transaction; null, and so no row at all, where none was set.
create function keys.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- Wrapped by the master key. The newest version wraps; the others still open what they wrapped.
create table keys.practice_key (
    tenant_id  uuid not null,
    version    integer not null check (version > 0),
    key_id     uuid not null,
    wrapped    bytea not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version),
    unique (tenant_id, key_id)
);

-- Wrapped by a practice key, which the wrapping names; null once it was destroyed. The row stays, so that an erased key and
-- an unknown one are told apart. "reserved" counts nonces that processes may have used, never fewer than were used.
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

-- Who was erased. "seq" rises through all practices, and through each one in the order of its commits: see KeyStore.erase.
create sequence keys.erasure_seq cache 1;
create table keys.erasure_ledger (
    tenant_id  uuid not null,
    subject_id uuid not null,
    seq        bigint not null default nextval('keys.erasure_seq'),
    erased_at  timestamptz not null default now(),
    primary key (tenant_id, subject_id),
    unique (tenant_id, seq)
);

do $$
declare
    t text;
begin
    foreach t in array array['practice_key', 'person_key', 'erasure_ledger'] loop
        execute format('alter table keys.%I enable row level security', t);
        execute format('alter table keys.%I force row level security', t);
        execute format('create policy tenant on keys.%I using (tenant_id = keys.current_tenant()) with check (tenant_id = keys.current_tenant())', t);
    end loop;
end $$;

-- A destroyed key cannot be put back, whatever a program has kept of it.
create policy living on keys.person_key as restrictive for update using (wrapped is not null) with check (true);

-- Nothing is ever deleted, and an entry of the ledger never changes.
grant select, insert on keys.practice_key, keys.erasure_ledger to scheduler_keys_app;
grant select, insert, update (wrapped, reserved) on keys.person_key to scheduler_keys_app;
grant select, usage on sequence keys.erasure_seq to scheduler_keys_app;
