-- One append: lock the head, check, insert events, move claims, write the new head. See event_store/joiner.py.
--
-- p_appends is a JSON array of appends, at most one per practice, in order of practice:
--   {tenant, actor, command, fingerprint, causation, recorded_at,
--    events: [{stream_type, stream, version, type, schema_version, body, sealed, effective_at}, ...], digests: [one per event],
--    claims: [{holder, what, starts_at, ends_at, visit_starts_at, visit_ends_at}, ...], releases: [holder, ...]}
-- One JSON document costs the client a tenth of the arrays that would carry the same.
--
-- With p_wait false a practice whose head another session holds is answered 'busy' instead of waited for, so that
-- practices never wait for each other. Nothing of a refused append is written; the others are not touched by it.
--
-- The lateral subqueries with a limit keep the planner on the indexes: it takes a JSON array for a hundred rows, and would
-- rather read the practice's whole log.
--
-- Answers one row per append, in order. outcome: appended | busy | unknown_practice | repeated | stale | taken;
-- "position" is that of the last event written.
create function log.append(p_appends jsonb, p_wait boolean)
returns table (outcome text, "position" bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
    a record;
    head bigint;
    link bytea;
    links bytea[];
    digest bytea;
begin
    for a in
        select * from jsonb_to_recordset(p_appends) as x (
            tenant uuid, actor text, command uuid, fingerprint bytea, causation uuid, recorded_at timestamptz,
            events jsonb, digests bytea[], claims jsonb, releases uuid[]
        )
    loop
        perform set_config('app.tenant_id', a.tenant::text, true);
        if p_wait then
            select h.position, h.head_hash into head, link from log.tenant_head h where h.tenant_id = a.tenant for update;
        else
            select h.position, h.head_hash into head, link from log.tenant_head h where h.tenant_id = a.tenant for update skip locked;
        end if;
        -- The head is ours from here on, so nothing that the checks read can change before the commit.
        if head is null then
            outcome := case when p_wait then 'unknown_practice' else 'busy' end;
        elsif exists (select from log.event e where e.tenant_id = a.tenant and e.command_id = a.command) then
            outcome := 'repeated';
        elsif exists (
            select from jsonb_to_recordset(a.events) as n (stream uuid, version integer)
            cross join lateral (
                select from log.event e where e.tenant_id = a.tenant and e.stream_id = n.stream and e.version = n.version limit 1
            ) as found
        ) then
            outcome := 'stale';
        elsif a.claims is not null and exists (
            select from jsonb_to_recordset(a.claims) as n (what uuid, starts_at timestamptz, ends_at timestamptz)
            cross join lateral (
                select from log.time_claim t
                where t.tenant_id = a.tenant and t.what = n.what
                  and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at and t.ends_at > n.starts_at
                  and (a.releases is null or t.holder_id <> all (a.releases))
                limit 1
            ) as found
        ) then
            outcome := 'taken';
        else
            outcome := 'appended';
            links := '{}';
            foreach digest in array a.digests loop
                head := head + 1;
                link := sha256(link || int8send(head) || digest);
                links := links || link;
            end loop;
            insert into log.event
            select a.tenant, head - cardinality(links) + n.no, n.stream_type, n.stream, n.version, n.type, n.schema_version,
                   n.body, n.sealed, a.actor, a.command, n.no - 1, case when n.no = 1 then a.fingerprint end, a.causation,
                   n.effective_at, a.recorded_at, n.hash
            from rows from (
                jsonb_to_recordset(a.events) as (
                    stream_type text, stream uuid, version integer, type text, schema_version smallint, body jsonb,
                    sealed bytea, effective_at timestamptz
                ),
                unnest(links)
            ) with ordinality as n (stream_type, stream, version, type, schema_version, body, sealed, effective_at, hash, no);
            if a.releases is not null then
                delete from log.time_claim t where t.tenant_id = a.tenant and t.holder_id = any (a.releases);
            end if;
            if a.claims is not null then
                insert into log.time_claim (tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at)
                select a.tenant, n.*
                from jsonb_to_recordset(a.claims) as n (
                    holder uuid, what uuid, starts_at timestamptz, ends_at timestamptz,
                    visit_starts_at timestamptz, visit_ends_at timestamptz
                );
            end if;
            update log.tenant_head h set position = head, head_hash = link where h.tenant_id = a.tenant;
        end if;
        "position" := head;
        return next;
    end loop;
end
$$;

revoke all on function log.append from public;
grant execute on function log.append to scheduler_app;
