-- Appends events and moves time claims: the only way to write to the log. It locks the heads,
-- inserts the events, deletes and inserts the claims, and updates the heads. See docs/adr/0002 and
-- 0008.
--
-- One call takes appends of several tenants, at most one each, so that they share the cost of each
-- statement. The parameters are binary rows: one JSON document took twice as long (docs/adr/0035).
--   p_appends: in order of tenant
--   p_events:  in order of the appends and their parts
--   p_guards:  of all appends, see below; null if there are none
--   p_wait:    whether to wait for a head that another session has locked, or answer 'busy'
--   p_check:   whether to check each append first; see below
--
-- A guard states what must hold when the append is written, or what changes with it:
--   1 claim         a holder takes time of a subject; flag: it may overlap others; amount: pending
--   2 release       all claims of the holder, or only those on the subject if there is one, end
--                   before this append's own are taken
--   3 daily limit   fewer than `amount` visits of the subject start in [starts_at, ends_at), of one
--   4 weekly limit  service or of any if null; claims that expire or are released do not count
--                   (docs/adr/0012)
--   5 present       the subject is not marked absent (docs/adr/0033)
--   6 presence      the subject is marked present (flag) or absent
--   7 free          no claim of the subject overlaps, except those that are released
--
-- Almost every append is valid, since its caller has just read the log. So without p_check the
-- constraints of the tables decide: one violation fails the whole call, and the caller repeats it
-- with p_check. Then each append is checked, and the valid ones are written. Limits, time that must
-- be free, and overlapping claims, which the constraint ignores, are always checked: only while the
-- head is locked is a count final.
--
-- Returns one row per append, in order. outcome: appended | busy | unknown_practice | damaged |
-- repeated | stale | taken | full_day | full_week | absent; "position" is that of the last event
-- written. A refused append writes nothing, and does not affect the others. damaged: the log has
-- rows beyond its head, which log.append did not write (docs/adr/0045).
--
-- Runs as scheduler_writer, the only role that may write here. It cannot log in, so no program can
-- insert an event without its link in the hash chain.
--
-- The lateral subqueries with a limit keep the planner on the indexes: it does not know that the
-- arrays are short, and would read a practice's whole log.
create or replace function log.append(
    p_appends log.append_request[], p_events log.append_event[], p_guards log.append_guard[],
    p_wait boolean, p_check boolean
)
returns table (outcome text, "position" bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    a record;
    digest bytea;
    head bigint;
    link bytea;
    is_checking boolean := p_check;
    has_claims boolean := false;
    has_limits boolean := false;
    has_free boolean := false;
    may_overlap boolean := false;
    has_presence boolean := false;
    released uuid[];
    -- The holder and the subject of each release of a part, as one text.
    released_parts text[];
    damaged uuid[] := '{}';
    repeated uuid[] := '{}';
    stale uuid[] := '{}';
    taken uuid[] := '{}';
    full_days uuid[] := '{}';
    full_weeks uuid[] := '{}';
    absent uuid[];
    outcomes text[];
    accepted uuid[];
    accepted_heads bigint[];
    has_beside boolean;
    has_absent boolean;
    heads bigint[];
    head_links bytea[];
    positions bigint[];
    links bytea[];
begin
    if p_guards is not null then
        select
            bool_or(g.kind = 1), bool_or(g.kind = 1 and g.flag and g.amount is null), bool_or(g.kind in (3, 4)),
            bool_or(g.kind = 6), bool_or(g.kind = 7), array_agg(g.holder) filter (where g.kind = 2 and g.subject is null),
            array_agg(g.holder::text || g.subject::text) filter (where g.kind = 2 and g.subject is not null)
        into has_claims, may_overlap, has_limits, has_presence, has_free, released, released_parts
        from unnest(p_guards) as g;
        is_checking := p_check or has_limits or has_free;
    end if;
    if p_wait then
        perform from log.tenant_head h
        where h.tenant_id in (select x.tenant from unnest(p_appends) as x)
        order by h.tenant_id for update;
    end if;
    loop
        outcomes := '{}';
        accepted := '{}';
        accepted_heads := '{}';
        has_beside := false;
        has_absent := false;
        heads := '{}';
        head_links := '{}';
        positions := '{}';
        links := '{}';
        if is_checking then
            perform from log.tenant_head h
            where h.tenant_id in (select x.tenant from unnest(p_appends) as x)
            order by h.tenant_id for update skip locked;
            -- The heads are locked, so the rows that the checks read cannot change before the
            -- commit. A row beyond the head takes the position of an append, so that it is looked
            -- for after a violation only.
            if p_check then
                damaged := array(
                    select n.tenant from unnest(p_appends) as n
                    cross join lateral (
                        select h.position from log.tenant_head h where h.tenant_id = n.tenant limit 1
                    ) as h
                    cross join lateral (
                        select from log.event e where e.tenant_id = n.tenant and e.position > h.position limit 1
                    ) as found
                );
            end if;
            repeated := array(
                select n.tenant from unnest(p_appends) as n
                cross join lateral (
                    select from log.event e where e.tenant_id = n.tenant and e.command_id = n.command limit 1
                ) as found
            );
            stale := array(
                select n.tenant from unnest(p_events) as n
                cross join lateral (
                    select from log.event e
                    where e.tenant_id = n.tenant and e.stream_id = n.stream and e.version = n.version limit 1
                ) as found
            );
            taken := array(
                select n.tenant
                from unnest(p_guards) as n
                cross join lateral (
                    select from log.time_claim t
                    where t.tenant_id = n.tenant and t.what = n.subject
                      and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at and t.ends_at > n.starts_at
                      and t.holder_id <> all (coalesce(released, '{}'))
                      and (released_parts is null or t.holder_id::text || t.what::text <> all (released_parts))
                    limit 1
                ) as found
                where n.kind = 1 and n.flag is not true or n.kind = 7
            );
            if has_limits then
                select
                    coalesce(array_agg(n.tenant) filter (where n.kind = 3), '{}'),
                    coalesce(array_agg(n.tenant) filter (where n.kind = 4), '{}')
                into full_days, full_weeks
                from unnest(p_guards) as n
                cross join lateral (
                    select count(*) as visits from log.time_claim t
                    where t.tenant_id = n.tenant and t.what = n.subject
                      and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at
                      and t.visit_starts_at >= n.starts_at and t.visit_starts_at < n.ends_at
                      and t.service_id is not null and (n.service is null or t.service_id = n.service) and t.expires_at is null
                      and t.holder_id <> all (coalesce(released, '{}'))
                      and (released_parts is null or t.holder_id::text || t.what::text <> all (released_parts))
                ) as found
                where n.kind in (3, 4) and found.visits >= n.amount;
            end if;
        end if;

        for a in
            select x.tenant, x.digests, h.position, h.head_hash, h.has_beside, h.has_absent
            from unnest(p_appends) as x
            left join lateral (
                select h.position, h.head_hash, h.has_beside, h.has_absent
                from log.tenant_head h where h.tenant_id = x.tenant limit 1 for update skip locked
            ) as h on true
        loop
            head := a.position;
            has_beside := has_beside or a.has_beside is true;
            has_absent := has_absent or a.has_absent is true;
            outcome := case
                when head is null then case when p_wait then 'unknown_practice' else 'busy' end
                when a.tenant = any (damaged) then 'damaged'
                when a.tenant = any (repeated) then 'repeated'
                when a.tenant = any (stale) then 'stale'
                when a.tenant = any (taken) then 'taken'
                when a.tenant = any (full_days) then 'full_day'
                when a.tenant = any (full_weeks) then 'full_week'
                when a.tenant = any (absent) then 'absent'
                else 'appended'
            end;
            outcomes := outcomes || outcome;
            if outcome = 'appended' then
                link := a.head_hash;
                foreach digest in array a.digests loop
                    head := head + 1;
                    link := sha256(link || int8send(head) || digest);
                    positions := positions || head;
                    links := links || link;
                end loop;
                accepted := accepted || a.tenant;
                accepted_heads := accepted_heads || head;
                head_links := head_links || link;
            else
                positions := positions || array_fill(null::bigint, array[cardinality(a.digests)]);
                links := links || array_fill(null::bytea, array[cardinality(a.digests)]);
            end if;
            heads := heads || head;
        end loop;

        if has_beside and not is_checking then
            is_checking := true;
            continue;
        end if;
        if has_absent and absent is null and p_guards is not null then
            absent := array(
                select g.tenant from unnest(p_guards) as g
                cross join lateral (
                    select from log.absent t where t.tenant_id = g.tenant and t.subject_id = g.subject limit 1
                ) as found
                where g.kind = 5
            );
            continue when absent <> '{}';
        end if;
        if accepted <> '{}' then
            insert into log.event
            select n.tenant, n.position, n.stream_type, n.stream, n.version, n.type, n.schema_version, n.body, n.sealed, n.actor,
                   n.command, n.part, n.fingerprint, n.causation, n.effective_at, n.recorded_at, n.hash
            from rows from (
                unnest(p_events),
                unnest(positions),
                unnest(links)
            ) as n (
                tenant, stream, version, schema_version, command, part, effective_at, recorded_at, stream_type, type, actor, body,
                sealed, fingerprint, causation, position, hash
            )
            where n.position is not null;
            if released is not null then
                delete from log.time_claim t
                where t.tenant_id = any (accepted)
                  and t.holder_id = any (released);
            end if;
            if released_parts is not null then
                delete from log.time_claim t using unnest(p_guards) as n
                where n.kind = 2 and n.subject is not null and n.tenant = any (accepted)
                  and t.tenant_id = n.tenant and t.holder_id = n.holder and t.what = n.subject;
            end if;
            if has_claims then
                insert into log.time_claim (
                    tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service_id, expires_at, beside
                )
                select n.tenant, n.holder, n.subject, n.starts_at,
                       -- An invalid end becomes null, which the column refuses. Readers rely on at
                       -- most 40 hours.
                       case when n.starts_at < n.ends_at and n.ends_at <= n.starts_at + interval '40 hours' then n.ends_at end,
                       n.visit_starts_at, n.visit_ends_at, n.service,
                       n.expires_at, n.flag is true
                from unnest(p_guards) as n
                where n.kind = 1 and n.tenant = any (accepted);
            end if;
            if may_overlap then
                update log.tenant_head h set has_beside = true
                from unnest(p_guards) as n
                where n.kind = 1 and n.flag and h.tenant_id = n.tenant and n.tenant = any (accepted);
            end if;
            if has_presence then
                delete from log.absent t using unnest(p_guards) as n
                where n.kind = 6 and n.flag and n.tenant = any (accepted)
                  and t.tenant_id = n.tenant and t.subject_id = n.subject;
                insert into log.absent (tenant_id, subject_id)
                select n.tenant, n.subject from unnest(p_guards) as n
                where n.kind = 6 and not n.flag and n.tenant = any (accepted)
                on conflict do nothing;
                update log.tenant_head h set has_absent = true
                from unnest(p_guards) as n
                where n.kind = 6 and not n.flag and h.tenant_id = n.tenant and n.tenant = any (accepted);
            end if;
            -- A join with the three arrays would read the heads of all tenants.
            update log.tenant_head h
            set position = accepted_heads[array_position(accepted, h.tenant_id)],
                head_hash = head_links[array_position(accepted, h.tenant_id)]
            where h.tenant_id = any (accepted);
        end if;
        exit;
    end loop;

    for i in 1 .. cardinality(outcomes) loop
        outcome := outcomes[i];
        "position" := heads[i];
        return next;
    end loop;

    -- A plan that was made while the tables were small would stay for the session, and scan all
    -- claims or events of a practice: 20 times the cost. So plans are discarded now and then, and
    -- after checks.
    if is_checking and not (has_limits or has_free) or random() * 2000 < 1 then
        discard plans;
    end if;
end
$$;

grant create on schema log to scheduler_writer;
alter function log.append owner to scheduler_writer;
revoke create on schema log from scheduler_writer;
revoke all on function log.append from public;
grant execute on function log.append to scheduler_app;
