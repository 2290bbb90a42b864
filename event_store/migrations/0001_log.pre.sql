-- The event log of each practice (the tenant), its time claims and its snapshots.
-- Runs as scheduler_owner. The keys of all tables begin with the tenant.

create schema log;
grant usage on schema log to scheduler_app, scheduler_projector, scheduler_auditor, scheduler_backup, scheduler_writer;

-- The tenant of the running transaction. Null if none was set: then no policy shows any row.
create function log.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- The head of a log. An append locks it first: so a tenant has one writer at a time, its positions
-- have no gaps, and claims cannot deadlock.
create table log.tenant_head (
    tenant_id    uuid primary key,
    position     bigint not null default 0,
    head_hash    bytea not null,
    -- Set by the first claim that may overlap others; never reset. The exclusion constraint ignores
    -- such claims, so log.append checks for overlaps itself from then on.
    has_beside   boolean not null default false,
    -- Set by the first subject marked absent; never reset. Only then log.append looks into
    -- log.absent.
    has_absent   boolean not null default false
) with (fillfactor = 50);

-- The list of practices, in the order in which their logs were created. It is a hash chain of its
-- own, so that a practice which is removed with all its rows is still named: see docs/adr/0045.
create table log.practice (
    tenant_id uuid primary key,
    number    bigint not null,
    hash      bytea not null
);

-- The length of that list and its last hash; one row. Its lock orders the entries.
create table log.practice_list (
    is_only boolean primary key default true check (is_only),
    number  bigint not null,
    hash    bytea not null
);
insert into log.practice_list (number, hash) values (0, sha256('scheduler practices'));

-- Domains, since the server keeps their checks for the session: a check constraint is parsed again
-- by each append, and took 6 µs of 25 (PostgreSQL 16).
create domain log.position as bigint check (value > 0);
create domain log.finite_instant as timestamptz check (isfinite(value));

create table log.event (
    tenant_id      uuid not null,
    position       log.position not null,
    stream_type    text not null,
    stream_id      uuid not null,
    version        integer not null,
    event_type     text not null,
    schema_version smallint not null,
    body           jsonb not null,
    sealed         bytea,
    actor          text not null,
    command_id     uuid not null,
    command_part   integer not null,
    fingerprint    bytea,
    causation_id   uuid,
    effective_at   log.finite_instant not null,
    recorded_at    log.finite_instant not null,
    hash           bytea not null,
    primary key (tenant_id, position),
    unique (tenant_id, stream_id, version),
    unique (tenant_id, command_id, command_part)
) partition by hash (tenant_id);

create table log.event_0 partition of log.event for values with (modulus 4, remainder 0);
create table log.event_1 partition of log.event for values with (modulus 4, remainder 1);
create table log.event_2 partition of log.event for values with (modulus 4, remainder 2);
create table log.event_3 partition of log.event for values with (modulus 4, remainder 3);

-- The catalogue (all that can be booked) is kept in memory and updated from its latest events
-- before each booking. This index finds them.
create index event_catalogue on log.event (tenant_id, position)
    where stream_type in (
        'practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service'
    );

-- A time range as a box, since PostgreSQL here lacks btree_gist. x: a hash of tenant and resource
-- (53 bits, half a unit wide); y: seconds from the start to one millisecond before the end.
-- Boxes of one resource overlap exactly if its times overlap. See docs/adr/0011.
-- The exclusion constraint below is built on this function: do not replace its body.
create function log.stretch(tenant_id uuid, what uuid, starts_at timestamptz, ends_at timestamptz) returns box
    language sql immutable parallel safe
    return box(
        point(
            (uuid_hash_extended(what, uuid_hash_extended(tenant_id, 0)) >> 11)::float8,
            date_part('epoch', starts_at at time zone 'UTC')
        ),
        point(
            (uuid_hash_extended(what, uuid_hash_extended(tenant_id, 0)) >> 11)::float8 + 0.5,
            date_part('epoch', ends_at at time zone 'UTC') - 0.001
        )
    );
revoke all on function log.stretch from public;
grant execute on function log.stretch to scheduler_writer;

-- Busy time of a clinician, a room or a device (`what`) for a holder (an appointment, a session, a
-- hold, a busy calendar), from starts_at to ends_at, buffers included. A holder may have several
-- claims on one resource: a busy calendar does (docs/adr/0026).
-- The bounds are separate columns since row-level security keeps a range index from being used:
-- range operators are not leakproof, those of timestamptz are. The constraint is not affected.
-- log.append checks the bounds: a check constraint would be parsed again by each statement.
create table log.time_claim (
    tenant_id       uuid not null,
    holder_id       uuid not null,
    what            uuid not null,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null,
    visit_starts_at timestamptz not null,
    visit_ends_at   timestamptz not null,
    service_id      uuid,
    -- When a hold ends by itself; null if never.
    expires_at      timestamptz,
    -- May overlap other claims: an override put the visit there.
    beside          boolean not null default false,
    primary key (tenant_id, holder_id, what, starts_at),
    constraint time_claim_no_overlap
        exclude using gist (log.stretch(tenant_id, what, starts_at, ends_at) with &&) where (not beside)
);

create index time_claim_by_start on log.time_claim (tenant_id, what, starts_at);

-- Subjects for whom nothing new may be recorded, because their registration was withdrawn.
create table log.absent (
    tenant_id  uuid not null,
    subject_id uuid not null,
    primary key (tenant_id, subject_id)
);

create table log.snapshot (
    tenant_id uuid not null,
    stream_id uuid not null,
    version   integer not null check (version > 0),
    topic     text not null,
    form      text not null,
    body      jsonb,
    sealed    bytea,
    primary key (tenant_id, stream_id, version)
);

call migration.isolate_tenants('log', 'log.current_tenant()');

-- Heads hold only ids and counts, so a projector may read those of all tenants to find new events.
create policy sweep on log.tenant_head for select to scheduler_projector using (true);

-- Readers stop at the head, which only log.append moves: a row beyond it is not part of the log. The
-- backup sees all rows, so that `scheduler verify` finds those that do not belong here.
create policy up_to_head on log.event as restrictive for select to scheduler_app, scheduler_projector, scheduler_auditor
    using (position <= (select h.position from log.tenant_head h where h.tenant_id = log.current_tenant()));

alter table log.practice_list enable row level security;
alter table log.practice_list force row level security;
create policy writer on log.practice_list to scheduler_writer using (true) with check (true);
create policy whole on log.practice_list for select to scheduler_backup using (true);
create policy writer on log.practice to scheduler_writer using (true) with check (true);
grant select, update on log.practice_list to scheduler_writer;
grant select on log.practice_list to scheduler_backup;
grant insert on log.practice, log.tenant_head to scheduler_writer;

-- log.append writes for several tenants in one statement, as scheduler_writer, which cannot log in.
create policy writer on log.tenant_head to scheduler_writer using (true) with check (true);
create policy writer on log.event to scheduler_writer using (true) with check (true);
create policy writer on log.time_claim to scheduler_writer using (true) with check (true);
create policy writer on log.absent to scheduler_writer using (true) with check (true);
grant select, insert on log.event to scheduler_writer;
grant select, update on log.tenant_head to scheduler_writer;
grant select, insert, delete on log.time_claim, log.absent to scheduler_writer;

-- The grants make the log append-only: the program reads it, and writes through log.open_practice
-- and log.append only.
grant select on log.event, log.time_claim, log.tenant_head to scheduler_app;
grant select, insert on log.snapshot to scheduler_app;
grant select on log.event, log.tenant_head to scheduler_projector, scheduler_auditor;

-- The releases of the time zone database that the program has used: since when, and the offset
-- changes of every zone. It shows which instants were computed by older rules (docs/adr/0036).
-- Holds no tenant's data.
create table log.zone_sighting (
    seen_at     timestamptz primary key,
    release     text not null,
    from_year   integer not null,
    changes     jsonb not null,
    finished_at timestamptz
);

alter table log.zone_sighting enable row level security;
alter table log.zone_sighting force row level security;
create policy program on log.zone_sighting to scheduler_app using (true) with check (true);
create policy whole on log.zone_sighting for select to scheduler_backup using (true);
grant select, insert, update (finished_at) on log.zone_sighting to scheduler_app;
grant select on log.zone_sighting to scheduler_backup;

-- The parameters of log.append. event_store/append_rows.py encodes them in binary, column by column
-- in this order (docs/adr/0035).
create type log.append_request as (tenant uuid, command uuid, digests bytea[]);

create type log.append_event as (
    tenant uuid, stream uuid, version integer, schema_version smallint, command uuid, part integer,
    effective_at timestamptz, recorded_at timestamptz,
    stream_type text, type text, actor text, body jsonb, sealed bytea, fingerprint bytea, causation uuid
);

-- One guard of an append: what must hold when it is written, and what changes with it. The kinds,
-- and the columns that each uses, are those of event_store/append/guards.py.
create type log.append_guard as (
    tenant uuid, kind smallint, subject uuid, holder uuid, starts_at timestamptz, ends_at timestamptz,
    visit_starts_at timestamptz, visit_ends_at timestamptz, service uuid, expires_at timestamptz,
    amount integer, flag boolean
);
