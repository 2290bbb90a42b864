-- The one door through which events and claims are written: lock heads, check, insert events, move claims, write the new heads.
-- See event_store/joiner.py and docs/adr/0002.
--
-- p_batch carries appends of different practices, at most one each, as one JSON document:
--   appends:  [{tenant, command, digests: [one per event]}, ...]                        in order of tenant
--   events:   [{tenant, stream_type, stream, version, type, schema_version, body, sealed, actor, command, part,
--               fingerprint, causation, effective_at, recorded_at}, ...]                 in order of appends and parts
--   claims:   [{tenant, holder, what, starts_at, ends_at, visit_starts_at, visit_ends_at}, ...]
--   releases: [holder, ...]
-- Each step is one statement for the whole batch, so that what a statement costs is shared by all appends in it.
--
-- With p_wait false a practice whose head another session holds is answered 'busy' instead of waited for, so that
-- practices never wait for each other. Nothing of a refused append is written; the others are not touched by it.
-- The lateral subqueries with a limit keep the planner on the indexes: it takes a JSON array for a hundred rows, and would
-- rather read the practice's whole log.
--
-- Answers one row per append, in order. outcome: appended | busy | unknown_practice | repeated | stale | taken;
-- "position" is that of the last event written.
--
-- It runs with the rights of scheduler_writer, who alone may write here and cannot log in: so no program, not even this one,
-- can add an event without its place in the chain. The practice of each row is the caller's argument, as it would be
-- the caller's setting.
create function log.append(p_batch jsonb, p_wait boolean)
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
    locked uuid[];
    stale uuid[];
    taken uuid[];
    released uuid[] := array(select jsonb_array_elements_text(p_batch -> 'releases')::uuid);
    has_claims boolean := p_batch ? 'claims';
    accepted uuid[] := '{}';
    heads bigint[] := '{}';
    head_links bytea[] := '{}';
    positions bigint[] := '{}';
    links bytea[] := '{}';
begin
    if p_wait then
        select array_agg(h.tenant_id) into locked from (
            select h.tenant_id from log.tenant_head h
            where h.tenant_id in (select x.tenant from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid))
            order by h.tenant_id for update
        ) as h;
    else
        select array_agg(h.tenant_id) into locked from (
            select h.tenant_id from log.tenant_head h
            where h.tenant_id in (select x.tenant from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid))
            order by h.tenant_id for update skip locked
        ) as h;
    end if;

    -- The heads are ours from here on, so nothing that the checks read can change before the commit.
    select array_agg(n.tenant) into stale
    from jsonb_to_recordset(p_batch -> 'events') as n (tenant uuid, stream uuid, version integer)
    cross join lateral (
        select from log.event e where e.tenant_id = n.tenant and e.stream_id = n.stream and e.version = n.version limit 1
    ) as found;
    if has_claims then
        select array_agg(n.tenant) into taken
        from jsonb_to_recordset(p_batch -> 'claims') as n (tenant uuid, what uuid, starts_at timestamptz, ends_at timestamptz)
        cross join lateral (
            select from log.time_claim t
            where t.tenant_id = n.tenant and t.what = n.what
              and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at and t.ends_at > n.starts_at
              and t.holder_id <> all (released)
            limit 1
        ) as found;
    end if;

    for a in
        select x.tenant, x.digests, h.position, h.head_hash, repeated.is_so as is_repeated
        from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid, command uuid, digests bytea[])
        left join lateral (
            select h.position, h.head_hash from log.tenant_head h where h.tenant_id = x.tenant limit 1
        ) as h on x.tenant = any (locked)
        left join lateral (
            select true as is_so from log.event e where e.tenant_id = x.tenant and e.command_id = x.command limit 1
        ) as repeated on true
    loop
        head := a.position;
        outcome := case
            when head is null then case when p_wait then 'unknown_practice' else 'busy' end
            when a.is_repeated then 'repeated'
            when a.tenant = any (stale) then 'stale'
            when a.tenant = any (taken) then 'taken'
            else 'appended'
        end;
        if outcome = 'appended' then
            link := a.head_hash;
            foreach digest in array a.digests loop
                head := head + 1;
                link := sha256(link || int8send(head) || digest);
                positions := positions || head;
                links := links || link;
            end loop;
            accepted := accepted || a.tenant;
            heads := heads || head;
            head_links := head_links || link;
        else
            positions := positions || array_fill(null::bigint, array[cardinality(a.digests)]);
            links := links || array_fill(null::bytea, array[cardinality(a.digests)]);
        end if;
        "position" := head;
        return next;
    end loop;

    if accepted <> '{}' then
        insert into log.event
        select n.tenant, n.position, n.stream_type, n.stream, n.version, n.type, n.schema_version, n.body, n.sealed, n.actor,
               n.command, n.part, n.fingerprint, n.causation, n.effective_at, n.recorded_at, n.hash
        from rows from (
            jsonb_to_recordset(p_batch -> 'events') as (
                tenant uuid, stream_type text, stream uuid, version integer, type text, schema_version smallint, body jsonb,
                sealed bytea, actor text, command uuid, part integer, fingerprint bytea, causation uuid,
                effective_at timestamptz, recorded_at timestamptz
            ),
            unnest(positions),
            unnest(links)
        ) as n (
            tenant, stream_type, stream, version, type, schema_version, body, sealed, actor, command, part, fingerprint, causation,
            effective_at, recorded_at, position, hash
        )
        where n.position is not null;
        if released <> '{}' then
            delete from log.time_claim t where t.tenant_id = any (accepted) and t.holder_id = any (released);
        end if;
        if has_claims then
            insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at)
            select n.*
            from jsonb_to_recordset(p_batch -> 'claims') as n (
                tenant uuid, holder uuid, what uuid, starts_at timestamptz, ends_at timestamptz,
                visit_starts_at timestamptz, visit_ends_at timestamptz
            )
            where n.tenant = any (accepted);
        end if;
        update log.tenant_head h set position = n.position, head_hash = n.hash
        from unnest(accepted, heads, head_links) as n (tenant, position, hash)
        where h.tenant_id = n.tenant;
    end if;

    -- A plan made while tables are small, or a partition is empty, would stay for the session, and read a practice's whole log for each
    -- event: twenty times the cost on a new database. About once in 500 events all are made anew, which costs some milliseconds.
    if random() * 500 < jsonb_array_length(p_batch -> 'events') then
        discard plans;
    end if;
end
$$;

grant usage, create on schema log to scheduler_writer;
alter function log.append(jsonb, boolean) owner to scheduler_writer;
revoke create on schema log from scheduler_writer;
revoke all on function log.append(jsonb, boolean) from public;
grant execute on function log.append(jsonb, boolean) to scheduler_app;
