-- The one door through which events and claims are written: lock heads, insert events, move claims, write the new heads.
-- See event_store/joiner.py and docs/adr/0002.
--
-- It takes appends of different practices, at most one each, as rows of the types below, in PostgreSQL's binary form: as one JSON document
-- they cost twice as much to read. See event_store/append_rows.py and docs/adr/0035.
--   p_appends:   in order of tenant
--   p_events:    in order of appends and parts
--   p_claims, p_releases (holders), p_caps: of all of them; null where there are none
--   p_withdraws: the tenants of appends that withdraw a patient; null where there are none
--   p_beside:    whether any of the claims is
--
-- A cap asks that fewer than ``most`` visits of ``what``, of one service or of any (null), start in [starts_at, ends_at) before this
-- append's own: claims for a service that do not expire, but for those that it releases. See docs/adr/0012.
-- An append may rely on a patient, who was seen to stand at the position ``seen``. A head knows where its log last withdrew anybody: only
-- an append that saw its patient before that looks again, at this one patient, and is refused if they are withdrawn. See docs/adr/0033.
-- Each step is one statement for the whole batch, so that what a statement costs is shared by all appends in it.
--
-- Almost every append can be written: whoever asks has just looked. So with p_check false nothing is checked at first, and the
-- tables' own constraints refuse: then the whole batch fails, and is to be sent again with p_check true. That looks at each append,
-- and writes those that can be. Where there are caps, or a practice has claims beside others, which the constraint does not see, it
-- is looked at in any case, for only while the practice's head is ours can things be counted.
--
-- With p_wait false a practice whose head another session holds is answered 'busy' instead of waited for, so that
-- practices never wait for each other. Nothing of a refused append is written; the others are not touched by it.
-- The lateral subqueries with a limit keep the planner on the indexes: it does not know how short the arrays are, and would
-- rather read the practice's whole log.
--
-- Answers one row per append, in order. outcome: appended | busy | unknown_practice | repeated | stale | taken | full_day | full_week |
-- withdrawn; "position" is that of the last event written.
--
-- It runs with the rights of scheduler_writer, who alone may write here and cannot log in: so no program, not even this one,
-- can add an event without its place in the chain. The practice of each row is the caller's argument, as it would be
-- the caller's setting.

create type log.append_request as (tenant uuid, command uuid, digests bytea[], patient uuid, seen bigint);

create type log.append_event as (
    tenant uuid, stream uuid, version integer, schema_version smallint, command uuid, part integer,
    effective_at timestamptz, recorded_at timestamptz,
    stream_type text, type text, actor text, body jsonb, sealed bytea, fingerprint bytea, causation uuid
);

create type log.append_claim as (
    tenant uuid, holder uuid, what uuid, starts_at timestamptz, ends_at timestamptz, visit_starts_at timestamptz,
    visit_ends_at timestamptz, beside boolean, service uuid, expires_at timestamptz
);

create type log.append_cap as (
    tenant uuid, what uuid, starts_at timestamptz, ends_at timestamptz, most integer, is_of_day boolean, service uuid
);

drop function log.append(jsonb, boolean, boolean);
create function log.append(
    p_appends log.append_request[], p_events log.append_event[], p_claims log.append_claim[], p_releases uuid[],
    p_caps log.append_cap[], p_withdraws uuid[], p_beside boolean, p_wait boolean, p_check boolean
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
    is_checking boolean := p_check or p_caps is not null;
    repeated uuid[] := '{}';
    stale uuid[] := '{}';
    taken uuid[] := '{}';
    full_days uuid[] := '{}';
    full_weeks uuid[] := '{}';
    outcomes text[];
    accepted uuid[];
    accepted_heads bigint[];
    has_beside boolean;
    heads bigint[];
    head_links bytea[];
    positions bigint[];
    links bytea[];
begin
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
        heads := '{}';
        head_links := '{}';
        positions := '{}';
        links := '{}';
        if is_checking then
            perform from log.tenant_head h
            where h.tenant_id in (select x.tenant from unnest(p_appends) as x)
            order by h.tenant_id for update skip locked;
            -- The heads are ours from here on, so nothing that the checks read can change before the commit.
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
                from unnest(p_claims) as n
                cross join lateral (
                    select from log.time_claim t
                    where t.tenant_id = n.tenant and t.what = n.what
                      and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at and t.ends_at > n.starts_at
                      and t.holder_id <> all (coalesce(p_releases, '{}'))
                    limit 1
                ) as found
                where n.beside is not true
            );
            if p_caps is not null then
                select
                    coalesce(array_agg(n.tenant) filter (where n.is_of_day), '{}'),
                    coalesce(array_agg(n.tenant) filter (where not n.is_of_day), '{}')
                into full_days, full_weeks
                from unnest(p_caps) as n
                cross join lateral (
                    select count(*) as visits from log.time_claim t
                    where t.tenant_id = n.tenant and t.what = n.what
                      and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at
                      and t.visit_starts_at >= n.starts_at and t.visit_starts_at < n.ends_at
                      and t.service_id is not null and (n.service is null or t.service_id = n.service) and t.expires_at is null
                      and t.holder_id <> all (coalesce(p_releases, '{}'))
                ) as found
                where found.visits >= n.most;
            end if;
        end if;

        for a in
            select x.tenant, x.digests, x.patient, x.seen, h.position, h.head_hash, h.has_beside, h.withdrawn_at
            from unnest(p_appends) as x
            left join lateral (
                select h.position, h.head_hash, h.has_beside, h.withdrawn_at
                from log.tenant_head h where h.tenant_id = x.tenant limit 1 for update skip locked
            ) as h on true
        loop
            head := a.position;
            has_beside := has_beside or a.has_beside is true;
            outcome := case
                when head is null then case when p_wait then 'unknown_practice' else 'busy' end
                when a.tenant = any (repeated) then 'repeated'
                when a.tenant = any (stale) then 'stale'
                when a.tenant = any (taken) then 'taken'
                when a.tenant = any (full_days) then 'full_day'
                when a.tenant = any (full_weeks) then 'full_week'
                else 'appended'
            end;
            -- Null for most: no patient is relied on, and nobody has been withdrawn since the caller looked.
            if a.seen < a.withdrawn_at and outcome = 'appended' then
                if (
                    select e.event_type = 'patients.patient.withdrawn' from log.event e
                    where e.tenant_id = a.tenant and e.stream_id = a.patient
                      and e.event_type in ('patients.patient.withdrawn', 'patients.patient.reinstated')
                    order by e.version desc limit 1
                ) then
                    outcome := 'withdrawn';
                end if;
            end if;
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
            if p_releases is not null then
                delete from log.time_claim t
                where t.tenant_id = any (accepted)
                  and t.holder_id = any (p_releases);
            end if;
            if p_claims is not null then
                insert into log.time_claim (
                    tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service_id, expires_at, beside
                )
                select n.tenant, n.holder, n.what, n.starts_at,
                       -- No claim without an end, and none beyond what reads claims relies on: its end is null, which the column refuses.
                       case when n.starts_at < n.ends_at and n.ends_at <= n.starts_at + interval '40 hours' then n.ends_at end,
                       n.visit_starts_at, n.visit_ends_at, n.service,
                       n.expires_at, n.beside is true
                from unnest(p_claims) as n
                where n.tenant = any (accepted);
            end if;
            if p_beside then
                update log.tenant_head h set has_beside = true
                from unnest(p_claims) as n
                where h.tenant_id = n.tenant and n.beside and n.tenant = any (accepted);
            end if;
            if p_withdraws is not null then
                update log.tenant_head h set withdrawn_at = accepted_heads[array_position(accepted, h.tenant_id)]
                where h.tenant_id = any (accepted)
                  and h.tenant_id = any (p_withdraws);
            end if;
            -- A join with the three arrays would read every practice's head.
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

    -- A plan made while tables are small would stay for the session, and read all claims of a practice, or all of its log for each
    -- event: twenty times the cost on a new database. Now and then, and where the rare statements ran, all are made anew.
    if is_checking and p_caps is null or random() * 2000 < 1 then
        discard plans;
    end if;
end
$$;

grant create on schema log to scheduler_writer;
alter function log.append owner to scheduler_writer;
revoke create on schema log from scheduler_writer;
revoke all on function log.append from public;
grant execute on function log.append to scheduler_app;
