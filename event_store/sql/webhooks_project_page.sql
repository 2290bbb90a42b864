-- Projects a page of one practice's log to its endpoints and their deliveries, event by event in
-- order: p_rows is [{kind, position, ...}, ...]. Runs in the transaction of the projector's cursor.
-- `kind` is `told` for an event with a public name, else the change of an endpoint. An endpoint
-- that subscribed to an event's own name and to its summary name gets one message, under its own
-- name. A test changes the endpoint's version and position too, since its event is in the
-- endpoint's stream. The numbers of an endpoint's messages have no gaps: they are counted in its
-- row of webhooks.progress.
create or replace function webhooks.project_page(p_rows json) returns void
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
    tenant uuid := log.current_tenant();
    r record;
    has_endpoint boolean := exists (select from webhooks.endpoint e where e.tenant_id = tenant and not e.is_removed);
    has_message boolean := false;
begin
    -- Almost no practice has an endpoint: then skip the page, unless it registers the first.
    if not has_endpoint and not exists (select from json_array_elements(p_rows) as x where x ->> 'kind' <> 'told') then
        return;
    end if;
    for r in
        select * from json_to_recordset(p_rows) as x (
            kind text, position bigint, event text, summary text, thing_id uuid, thing_version integer,
            occurred_at timestamptz, url text, events text[], active boolean, secret text, previous_until timestamptz,
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
            insert into webhooks.delivery (
                tenant_id, endpoint_id, number, position, event, thing_id, thing_version, occurred_at
            )
            select tenant, n.endpoint_id, n.last_number, r.position, n.event, r.thing_id, r.thing_version, r.occurred_at
            from numbered n;
            has_message := has_message or found;
            continue when r.kind = 'told';
        elsif r.kind = 'registered' then
            insert into webhooks.endpoint (tenant_id, endpoint_id, url, events, secret, created_at, version, position)
            values (tenant, r.thing_id, r.url, r.events, r.secret, r.occurred_at, r.thing_version, r.position);
            insert into webhooks.progress (tenant_id, endpoint_id) values (tenant, r.thing_id);
        elsif r.kind = 'changed' then
            update webhooks.endpoint e set url = r.url, events = r.events, switched_off = null
            where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            -- The change may have repaired the endpoint, so a pending retry is due at once.
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
            set status = 'pending', attempts = 0, first_attempt = null, last_attempt = null, response_code = null,
                failure = null
            where d.tenant_id = tenant and d.endpoint_id = r.thing_id and d.position >= r.from_position
              and d.status <> 'pending';
        elsif r.kind = 'switched_off' then
            update webhooks.endpoint e set switched_off = r.reason where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            update webhooks.progress p set is_active = false, due_at = null, next_number = greatest(p.next_number, r.number + 1)
            where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
            update webhooks.delivery d set status = 'given_up'
            where d.tenant_id = tenant and d.endpoint_id = r.thing_id and d.number = r.number and d.status = 'pending';
        elsif r.kind = 'removed' then
            update webhooks.endpoint e
            set is_removed = true, url = '', secret = '', previous_secret = null, previous_until = null
            where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
            update webhooks.progress p set is_active = false where p.tenant_id = tenant and p.endpoint_id = r.thing_id;
        end if;
        update webhooks.endpoint e set version = r.thing_version, position = r.position
        where e.tenant_id = tenant and e.endpoint_id = r.thing_id;
        has_message := true;
    end loop;
    -- A hint, like those of the log: workers also poll once a second.
    if has_message then
        perform pg_notify('scheduler_webhooks', tenant::text);
    end if;
end
$$;

revoke all on function webhooks.project_page from public;
grant execute on function webhooks.project_page to scheduler_projector;
