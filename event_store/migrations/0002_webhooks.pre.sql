-- Outgoing webhooks: the endpoints, their deliveries, and the progress of each endpoint.
--
-- Not a read model: no log holds the outcome of a delivery, so a rebuild could not restore it. The
-- endpoints themselves come from the practice's log, with the cursor of the projector `webhooks`.

create schema webhooks;
grant usage on schema webhooks to scheduler_app, scheduler_projector, scheduler_worker, scheduler_backup;

-- Secrets are sealed under the practice's key. A removed endpoint keeps neither URL nor secret.
create table webhooks.endpoint (
    tenant_id       uuid not null,
    endpoint_id     uuid not null,
    url             text not null,
    events          text[] not null,
    secret          text not null,
    previous_secret text,
    previous_until  timestamptz,
    switched_off    text,
    is_removed      boolean not null default false,
    created_at      timestamptz not null,
    version         integer not null,
    position        bigint not null,
    primary key (tenant_id, endpoint_id)
);

-- The delivery queue of each endpoint: next_number is the next message to send, last_number the
-- newest. Holds only ids and counts, so that a worker may search all tenants for work.
create table webhooks.progress (
    tenant_id    uuid not null,
    endpoint_id  uuid not null,
    is_active    boolean not null default true,
    last_number  bigint not null default 0,
    next_number  bigint not null default 1,
    -- The earliest time of the next attempt after a failure; null: at once.
    due_at       timestamptz,
    -- The worker that holds the endpoint until leased_until. A lease that has ended gives the time
    -- since when the endpoint has waited.
    lease        uuid,
    leased_until timestamptz,
    -- The index is on this column: it rarely changes, so the updates are HOT. With the numbers in
    -- the index condition 10,000 messages to one endpoint left 280 KB of dead rows and 240 KB of
    -- index.
    is_waiting   boolean not null generated always as (is_active and next_number <= last_number) stored,
    primary key (tenant_id, endpoint_id)
) with (fillfactor = 50);

create index progress_waiting on webhooks.progress (leased_until nulls first) where is_waiting;

-- One message to one endpoint and its outcome. No request or response body is kept.
create table webhooks.delivery (
    tenant_id     uuid not null,
    endpoint_id   uuid not null,
    number        bigint not null,
    position      bigint not null,
    event         text not null,
    thing_id      uuid not null,
    thing_version integer not null,
    occurred_at   timestamptz not null,
    status        text not null default 'pending' check (status in ('pending', 'delivered', 'given_up')),
    attempts      integer not null default 0,
    first_attempt timestamptz,
    last_attempt  timestamptz,
    response_code smallint,
    failure       text,
    primary key (tenant_id, endpoint_id, number)
) with (fillfactor = 80);

create index delivery_by_position on webhooks.delivery (tenant_id, endpoint_id, position);

call migration.isolate_tenants('webhooks');
create policy work on webhooks.progress to scheduler_worker using (true) with check (true);

grant select on all tables in schema webhooks to scheduler_app;
grant select, insert, update on all tables in schema webhooks to scheduler_projector;
grant select, update on webhooks.progress, webhooks.delivery to scheduler_worker;
grant select on webhooks.endpoint to scheduler_worker;
