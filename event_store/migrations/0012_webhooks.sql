-- Outgoing webhooks: who is told of what, what each was or will be told, and how far each has come.
--
-- This is no read model: what was delivered stands in no log. So it is made by a migration and no rebuild fills it. What a practice
-- decides about its endpoints is in its log all the same, and comes here with the cursor of the projector `webhooks`.

create schema webhooks;
grant usage on schema webhooks to scheduler_app, scheduler_projector, scheduler_worker, scheduler_backup;

-- An endpoint as it stands. Secrets are sealed under the practice's key; a removed endpoint keeps neither address nor secret.
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

-- How far an endpoint has come: `next_number` is the message to deliver, `last_number` the newest there is. Ids and counts alone, so
-- that a worker may look for work in all practices at once.
create table webhooks.progress (
    tenant_id    uuid not null,
    endpoint_id  uuid not null,
    is_active    boolean not null default true,
    last_number  bigint not null default 0,
    next_number  bigint not null default 1,
    -- Not before then, since the last attempt failed; null means at once.
    due_at       timestamptz,
    -- Who works on it: nobody else does until then. What is in the past says since when nobody has.
    lease        uuid,
    leased_until timestamptz,
    primary key (tenant_id, endpoint_id)
) with (fillfactor = 50);

create index progress_waiting on webhooks.progress (leased_until nulls first) where is_active and next_number <= last_number;

-- One message to one endpoint: which event it tells of, and what became of it. No body is kept, neither sent nor answered.
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

do $$
declare
    t text;
begin
    foreach t in array array['endpoint', 'progress', 'delivery'] loop
        execute format('alter table webhooks.%I enable row level security', t);
        execute format('alter table webhooks.%I force row level security', t);
        -- As a subquery the practice is looked up once a statement, and not once a row.
        execute format('create policy tenant on webhooks.%I using (tenant_id = (select log.current_tenant()))'
                       ' with check (tenant_id = (select log.current_tenant()))', t);
        execute format('create policy whole on webhooks.%I for select to scheduler_backup using (true)', t);
        execute format('grant select on webhooks.%I to scheduler_app, scheduler_backup', t);
        execute format('grant select, insert, update on webhooks.%I to scheduler_projector', t);
    end loop;
end $$;

create policy work on webhooks.progress to scheduler_worker using (true) with check (true);
grant select, update on webhooks.progress, webhooks.delivery to scheduler_worker;
grant select on webhooks.endpoint to scheduler_worker;

-- What a page of one practice's log means for its endpoints, event by event in order: [{kind, position, ...}, ...].
-- Runs in the transaction of the projector's cursor, in the practice of that transaction. `kind` is `told` for an event that has a public
-- name, else what happened to an endpoint. Whoever asked for its own name as well as for the summary is told once, by its own name.
-- Numbers count up by one, within the row that says how far the endpoint has come.
create function webhooks.take(p_rows json) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
    tenant uuid := log.current_tenant();
    r record;
    has_endpoint boolean := exists (select from webhooks.endpoint e where e.tenant_id = tenant and not e.is_removed);
    has_told boolean := false;
begin
    -- Almost all practices have none, and then nothing else is looked at unless this page brings the first.
    if not has_endpoint and not exists (select from json_array_elements(p_rows) as x where x ->> 'kind' <> 'told') then
        return;
    end if;
    for r in
        select * from json_to_recordset(p_rows) as x (
            kind text, position bigint, event text, summary text, thing_id uuid, thing_version integer, occurred_at timestamptz,
            url text, events text[], active boolean, secret text, previous_until timestamptz,
            from_position bigint, number bigint, reason text
        )
    loop
        if r.kind = 'told' or r.kind = 'test' then
            with numbered as (
                update webhooks.progress p set last_number = p.last_number + 1
                from webhooks.endpoint e
                where p.tenant_id = tenant and e.tenant_id = tenant and e.endpoint_id = p.endpoint_id and not e.is_removed
                  and case when r.kind = 'test' then e.endpoint_id = r.thing_id else array[r.event, r.summary] && e.events end
                returning p.endpoint_id, p.last_number,
                          case when r.kind = 'test' or r.event = any (e.events) then r.event else r.summary end as event
            )
            insert into webhooks.delivery (tenant_id, endpoint_id, number, position, event, thing_id, thing_version, occurred_at)
            select tenant, n.endpoint_id, n.last_number, r.position, n.event, r.thing_id, r.thing_version, r.occurred_at
            from numbered n;
            has_told := has_told or found;
            continue;
        elsif r.kind = 'registered' then
            insert into webhooks.endpoint (tenant_id, endpoint_id, url, events, secret, created_at, version, position)
            values (tenant, r.thing_id, r.url, r.events, r.secret, r.occurred_at, r.thing_version, r.position);
            insert into webhooks.progress (tenant_id, endpoint_id) values (tenant, r.thing_id);
        elsif r.kind = 'changed' then
            update webhooks.endpoint e set url = r.url, events = r.events, switched_off = null
            where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            -- Whoever changes an endpoint has mended something: what waits for its next attempt is tried at once.
            update webhooks.progress p set is_active = r.active, due_at = null
            where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
        elsif r.kind = 'secret_rotated' then
            update webhooks.endpoint e set previous_secret = e.secret, previous_until = r.previous_until, secret = r.secret
            where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
        elsif r.kind = 'replay' then
            update webhooks.progress p
            set due_at = null, next_number = least(p.next_number, coalesce((
                select min(d.number) from webhooks.delivery d
                where d.tenant_id = tenant and d.endpoint_id = r.thing_id and d.position >= r.from_position
            ), p.next_number))
            where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
            update webhooks.delivery d
            set status = 'pending', attempts = 0, first_attempt = null, last_attempt = null, response_code = null, failure = null
            where d.tenant_id = tenant and d.endpoint_id = r.thing_id and d.position >= r.from_position and d.status <> 'pending';
        elsif r.kind = 'switched_off' then
            update webhooks.endpoint e set switched_off = r.reason where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            update webhooks.progress p set is_active = false, due_at = null, next_number = greatest(p.next_number, r.number + 1)
            where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
            update webhooks.delivery d set status = 'given_up'
            where d.tenant_id = tenant and d.endpoint_id = r.thing_id and d.number = r.number and d.status = 'pending';
        elsif r.kind = 'removed' then
            update webhooks.endpoint e set is_removed = true, url = '', secret = '', previous_secret = null, previous_until = null
            where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            update webhooks.progress p set is_active = false where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
        end if;
        update webhooks.endpoint e set version = r.thing_version, position = r.position
        where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
        has_told := true;
    end loop;
    -- A hint, like those of the log: a worker looks once a second anyway.
    if has_told then
        perform pg_notify('scheduler_webhooks', tenant::text);
    end if;
end
$$;

revoke all on function webhooks.take from public;
grant execute on function webhooks.take to scheduler_projector;

-- Lends a worker up to so many endpoints that have something to deliver, whoever has waited longest first. Ids alone.
-- With p_retries those whose last attempt failed, else the others. Leases run on the server's clock, which all workers share.
create function webhooks.lend(
    p_lease uuid, p_seconds double precision, p_now timestamptz, p_retries boolean, p_busy uuid[], p_most integer
)
returns table (tenant_id uuid, endpoint_id uuid)
language sql
as $$
    update webhooks.progress p
    set lease = p_lease, leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    from (
        select w.tenant_id, w.endpoint_id from webhooks.progress w
        where w.is_active and w.next_number <= w.last_number
          and case when p_retries then w.due_at <= p_now else w.due_at is null end
          and (w.leased_until is null or w.leased_until <= clock_timestamp()) and w.tenant_id <> all (p_busy)
        order by w.leased_until nulls first limit p_most for update skip locked
    ) as chosen
    where p.tenant_id = chosen.tenant_id and p.endpoint_id = chosen.endpoint_id
    returning p.tenant_id, p.endpoint_id
$$;

revoke all on function webhooks.lend from public;
grant execute on function webhooks.lend to scheduler_worker;
