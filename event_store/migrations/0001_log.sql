-- The log of each practice, its claims on time and its snapshots.
-- Runs as scheduler_owner. Every table: row-level security enabled and forced, keys that begin with the tenant.

create schema log;
grant usage on schema log to scheduler_app, scheduler_projector, scheduler_auditor, scheduler_backup;

-- The practice of the running transaction; null, and so no row at all, where none was set.
create function log.current_tenant() returns uuid
    language sql stable parallel safe
    return nullif(current_setting('app.tenant_id', true), '')::uuid;

-- The wheel's PostgreSQL has no btree_gist: equality of ids is written as an overlap of one-point ranges.
create type log.uuidrange as range (subtype = uuid);

-- An append locks its practice's row first: one writer a practice, gapless positions, no deadlock among claims.
create table log.tenant_head (
    tenant_id uuid primary key,
    position  bigint not null default 0,
    head_hash bytea not null
) with (fillfactor = 50);

-- No checks on its columns: each would be parsed again in every append, which alone writes here.
create table log.event (
    tenant_id      uuid not null,
    position       bigint not null,
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
    effective_at   timestamptz not null,
    recorded_at    timestamptz not null,
    hash           bytea not null,
    primary key (tenant_id, position),
    unique (tenant_id, stream_id, version),
    unique (tenant_id, command_id, command_part)
) partition by hash (tenant_id);

create table log.event_0 partition of log.event for values with (modulus 4, remainder 0);
create table log.event_1 partition of log.event for values with (modulus 4, remainder 1);
create table log.event_2 partition of log.event for values with (modulus 4, remainder 2);
create table log.event_3 partition of log.event for values with (modulus 4, remainder 3);

-- What can be booked is folded in memory and caught up from its tail before each booking: the tail must be found at once.
create index event_catalogue on log.event (tenant_id, position)
    where stream_type in ('practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service');

-- A busy time of a clinician, a room or a device, held by an appointment: from starts_at to ends_at, its buffers included.
-- Bounds are columns of their own because row-level security keeps an index on a range from being used: the operators of
-- ranges are not leakproof, those of instants are. The constraint works below row-level security and takes the range.
create table log.time_claim (
    tenant_id       uuid not null,
    holder_id       uuid not null,
    what            uuid not null,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null,
    visit_starts_at timestamptz not null,
    visit_ends_at   timestamptz not null,
    primary key (tenant_id, holder_id, what),
    -- A visit of a day and eight hours on each side; what reads claims around an instant relies on this bound.
    check (starts_at < ends_at and ends_at <= starts_at + interval '40 hours'),
    constraint time_claim_no_overlap exclude using gist (
        log.uuidrange(what, what, '[]') with &&,
        tstzrange(starts_at, ends_at, '[)') with &&,
        log.uuidrange(tenant_id, tenant_id, '[]') with &&
    )
);

create index time_claim_by_start on log.time_claim (tenant_id, what, starts_at);

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

do $$
declare
    t text;
begin
    foreach t in array array['tenant_head', 'event', 'event_0', 'event_1', 'event_2', 'event_3', 'time_claim', 'snapshot'] loop
        execute format('alter table log.%I enable row level security', t);
        execute format('alter table log.%I force row level security', t);
        execute format('create policy tenant on log.%I using (tenant_id = log.current_tenant()) with check (tenant_id = log.current_tenant())', t);
    end loop;
end $$;

-- A projector sweeps all practices for new positions, and an erasure or a backup of one practice never crosses to another:
-- heads hold ids and counts only, so this one reading is open to it.
create policy sweep on log.tenant_head for select to scheduler_projector using (true);
create policy whole on log.tenant_head for select to scheduler_backup using (true);
create policy whole on log.event for select to scheduler_backup using (true);
create policy whole on log.time_claim for select to scheduler_backup using (true);
create policy whole on log.snapshot for select to scheduler_backup using (true);

-- log.append writes for several practices in one statement, with the rights of a role that nobody can log in as.
create policy writer on log.tenant_head to scheduler_writer using (true) with check (true);
create policy writer on log.event to scheduler_writer using (true) with check (true);
create policy writer on log.time_claim to scheduler_writer using (true) with check (true);
grant select, insert on log.event to scheduler_writer;
grant select, update on log.tenant_head to scheduler_writer;
grant select, insert, delete on log.time_claim to scheduler_writer;

-- Append-only by grants: the program reads the log, begins a practice's, and adds to it through log.append alone.
grant select on log.event, log.time_claim to scheduler_app;
grant select, insert on log.tenant_head, log.snapshot to scheduler_app;
grant select on log.event, log.tenant_head to scheduler_projector, scheduler_auditor;
grant select on log.event, log.tenant_head, log.time_claim, log.snapshot to scheduler_backup;
