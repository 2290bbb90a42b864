-- One append: lock the head, check, insert events, move claims, write the new head. See event_store/recorder.py.
--
-- Several practices' appends may travel in one call (at most one per practice): p_* arrays hold one element per append,
-- e_* per event, c_* per claim, r_* per released holder, each in the order of the appends they belong to.
-- With p_wait false a practice whose head another session holds is answered 'busy' instead of waited for, so that
-- practices never wait for each other. Nothing of a refused append is written; the others are not touched by it.
--
-- outcome: appended | busy | unknown_practice | repeated | stale | taken. "position" is that of the last event written.
create function log.append(
    p_tenant uuid[], p_actor text[], p_command uuid[], p_fingerprint bytea[], p_causation uuid[], p_recorded_at timestamptz[],
    p_events integer[], p_claims integer[], p_releases integer[],
    e_stream_type text[], e_stream_id uuid[], e_version integer[], e_type text[], e_schema_version smallint[],
    e_body text[], e_sealed bytea[], e_effective_at timestamptz[], e_digest bytea[],
    c_holder uuid[], c_what uuid[], c_during tstzrange[], c_visit tstzrange[],
    r_holder uuid[],
    p_wait boolean
) returns table (outcome text, "position" bigint)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
declare
    head bigint;
    link bytea;
    links bytea[];
    e integer := 1;  -- the first event, claim and release of the append at hand
    c integer := 1;
    r integer := 1;
    e_last integer;
    c_last integer;
    r_last integer;
    is_repeated boolean;
    is_stale boolean;
    is_taken boolean;
begin
    for i in 1 .. cardinality(p_tenant) loop
        perform set_config('app.tenant_id', p_tenant[i]::text, true);
        e_last := e + p_events[i] - 1;
        c_last := c + p_claims[i] - 1;
        r_last := r + p_releases[i] - 1;
        if p_wait then
            select h.position, h.head_hash into head, link from log.tenant_head h where h.tenant_id = p_tenant[i] for update;
        else
            select h.position, h.head_hash into head, link from log.tenant_head h where h.tenant_id = p_tenant[i] for update skip locked;
        end if;
        if head is null then
            outcome := case when p_wait then 'unknown_practice' else 'busy' end;
        else
            -- The head is ours, so nothing that these checks read can change before the commit.
            select
                exists (select from log.event x where x.tenant_id = p_tenant[i] and x.command_id = p_command[i]),
                exists (
                    select from unnest(e_stream_id[e:e_last], e_version[e:e_last]) as n (stream_id, version)
                    where exists (
                        select from log.event x
                        where x.tenant_id = p_tenant[i] and x.stream_id = n.stream_id and x.version = n.version
                    )
                )
            into is_repeated, is_stale;
            is_taken := false;
            if c_last >= c and not is_repeated and not is_stale then
                select exists (
                    select from unnest(c_what[c:c_last], c_during[c:c_last]) as n (what, during)
                    join log.time_claim t
                      on log.uuidrange(t.what, t.what, '[]') && log.uuidrange(n.what, n.what, '[]') and t.during && n.during
                    where t.tenant_id = p_tenant[i] and t.holder_id <> all (r_holder[r:r_last])
                ) into is_taken;
            end if;
            outcome := case when is_repeated then 'repeated' when is_stale then 'stale' when is_taken then 'taken' else 'appended' end;
            if outcome = 'appended' then
                links := '{}';
                for j in e .. e_last loop
                    link := sha256(link || int8send(head + j - e + 1) || e_digest[j]);
                    links := links || link;
                end loop;
                insert into log.event
                select p_tenant[i], head + n.no, n.stream_type, n.stream_id, n.version, n.type, n.schema_version, n.body::jsonb, n.sealed,
                       p_actor[i], p_command[i], n.no - 1, case when n.no = 1 then p_fingerprint[i] end, p_causation[i],
                       n.effective_at, p_recorded_at[i], n.link
                from unnest(
                    e_stream_type[e:e_last], e_stream_id[e:e_last], e_version[e:e_last], e_type[e:e_last], e_schema_version[e:e_last],
                    e_body[e:e_last], e_sealed[e:e_last], e_effective_at[e:e_last], links
                ) with ordinality as n (stream_type, stream_id, version, type, schema_version, body, sealed, effective_at, link, no);
                if r_last >= r then
                    delete from log.time_claim t where t.tenant_id = p_tenant[i] and t.holder_id = any (r_holder[r:r_last]);
                end if;
                if c_last >= c then
                    insert into log.time_claim
                    select p_tenant[i], n.*
                    from unnest(c_holder[c:c_last], c_what[c:c_last], c_during[c:c_last], c_visit[c:c_last]) as n;
                end if;
                head := head + e_last - e + 1;
                update log.tenant_head h set position = head, head_hash = link where h.tenant_id = p_tenant[i];
            end if;
        end if;
        "position" := head;
        return next;
        e := e_last + 1;
        c := c_last + 1;
        r := r_last + 1;
    end loop;
end
$$;

revoke all on function log.append from public;
grant execute on function log.append to scheduler_app;
