-- Claims learn three things: for which service the time is used, when a hold on it ends, and whether somebody put a visit beside
-- another on purpose. And appends cost half of what they did on the server: see docs/adr/0011 for the figures.

alter table log.time_claim
    add column service_id uuid,
    add column expires_at timestamptz,
    add column beside     boolean not null default false;

-- Set for ever with a practice's first claim beside others: the constraint does not see those, so its appends are looked at first.
alter table log.tenant_head add column has_beside boolean not null default false;

-- Time that is taken, as a rectangle: across, a place on a line that its practice and thing hash to (53 bits, a half wide); along,
-- the seconds from its start to a millisecond before its end. The rectangles of one thing overlap just where its times do.
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

alter table log.time_claim drop constraint time_claim_no_overlap;
alter table log.time_claim add constraint time_claim_no_overlap
    exclude using gist (log.stretch(tenant_id, what, starts_at, ends_at) with &&) where (not beside);

-- The one door through which events and claims are written: lock heads, insert events, move claims, write the new heads.
-- See event_store/joiner.py and docs/adr/0002.
--
-- p_batch carries appends of different practices, at most one each, as one JSON document:
--   appends:  [{tenant, command, digests: [one per event]}, ...]                        in order of tenant
--   events:   [{tenant, stream_type, stream, version, type, schema_version, body, sealed, actor, command, part,
--               fingerprint, causation, effective_at, recorded_at}, ...]                 in order of appends and parts
--   claims:   [{tenant, holder, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service?, expires_at?, beside?}, ...]
--   releases: [holder, ...]
--   beside:   true, if any of the claims is
-- Each step is one statement for the whole batch, so that what a statement costs is shared by all appends in it.
--
-- Almost every append can be written: whoever asks has just looked. So nothing is checked at first, and the tables' own
-- constraints refuse. If they do, nothing of the batch stays; then each append is looked at, and those that can be are written.
-- A claim beside others is refused by nothing, but whatever comes after it is.
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
create or replace function log.append(p_batch jsonb, p_wait boolean)
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
    is_checking boolean := false;
    repeated uuid[] := '{}';
    stale uuid[] := '{}';
    taken uuid[] := '{}';
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
        where h.tenant_id in (select x.tenant from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid))
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
        begin
            if is_checking then
                perform from log.tenant_head h
                where h.tenant_id in (select x.tenant from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid))
                order by h.tenant_id for update skip locked;
                -- The heads are ours from here on, so nothing that the checks read can change before the commit.
                repeated := array(
                    select n.tenant from jsonb_to_recordset(p_batch -> 'appends') as n (tenant uuid, command uuid)
                    cross join lateral (
                        select from log.event e where e.tenant_id = n.tenant and e.command_id = n.command limit 1
                    ) as found
                );
                stale := array(
                    select n.tenant from jsonb_to_recordset(p_batch -> 'events') as n (tenant uuid, stream uuid, version integer)
                    cross join lateral (
                        select from log.event e
                        where e.tenant_id = n.tenant and e.stream_id = n.stream and e.version = n.version limit 1
                    ) as found
                );
                taken := array(
                    select n.tenant
                    from jsonb_to_recordset(coalesce(p_batch -> 'claims', '[]'))
                        as n (tenant uuid, what uuid, starts_at timestamptz, ends_at timestamptz, beside boolean)
                    cross join lateral (
                        select from log.time_claim t
                        where t.tenant_id = n.tenant and t.what = n.what
                          and t.starts_at > n.starts_at - interval '40 hours' and t.starts_at < n.ends_at and t.ends_at > n.starts_at
                          and not coalesce(p_batch -> 'releases', '[]') ? t.holder_id::text
                        limit 1
                    ) as found
                    where n.beside is not true
                );
            end if;

            for a in
                select x.tenant, x.digests, h.position, h.head_hash, h.has_beside
                from jsonb_to_recordset(p_batch -> 'appends') as x (tenant uuid, digests bytea[])
                left join lateral (
                    select h.position, h.head_hash, h.has_beside from log.tenant_head h where h.tenant_id = x.tenant limit 1 for update skip locked
                ) as h on true
            loop
                head := a.position;
                has_beside := has_beside or a.has_beside is true;
                outcome := case
                    when head is null then case when p_wait then 'unknown_practice' else 'busy' end
                    when a.tenant = any (repeated) then 'repeated'
                    when a.tenant = any (stale) then 'stale'
                    when a.tenant = any (taken) then 'taken'
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
                    tenant, stream_type, stream, version, type, schema_version, body, sealed, actor, command, part, fingerprint,
                    causation, effective_at, recorded_at, position, hash
                )
                where n.position is not null;
                if p_batch ? 'releases' then
                    delete from log.time_claim t
                    where t.tenant_id = any (accepted)
                      and t.holder_id = any (array(select jsonb_array_elements_text(p_batch -> 'releases')::uuid));
                end if;
                if p_batch ? 'claims' then
                    insert into log.time_claim (
                        tenant_id, holder_id, what, starts_at, ends_at, visit_starts_at, visit_ends_at, service_id, expires_at, beside
                    )
                    select n.tenant, n.holder, n.what, n.starts_at, n.ends_at, n.visit_starts_at, n.visit_ends_at, n.service,
                           n.expires_at, n.beside is true
                    from jsonb_to_recordset(p_batch -> 'claims') as n (
                        tenant uuid, holder uuid, what uuid, starts_at timestamptz, ends_at timestamptz,
                        visit_starts_at timestamptz, visit_ends_at timestamptz, service uuid, expires_at timestamptz, beside boolean
                    )
                    where n.tenant = any (accepted);
                end if;
                if p_batch ? 'beside' then
                    update log.tenant_head h set has_beside = true
                    from jsonb_to_recordset(p_batch -> 'claims') as n (tenant uuid, beside boolean)
                    where h.tenant_id = n.tenant and n.beside and n.tenant = any (accepted);
                end if;
                -- A join with the three arrays would read every practice's head.
                update log.tenant_head h
                set position = accepted_heads[array_position(accepted, h.tenant_id)],
                    head_hash = head_links[array_position(accepted, h.tenant_id)]
                where h.tenant_id = any (accepted);
            end if;
            exit;
        exception when unique_violation or exclusion_violation then
            if is_checking then
                raise;
            end if;
            is_checking := true;
        end;
    end loop;

    for i in 1 .. cardinality(outcomes) loop
        outcome := outcomes[i];
        "position" := heads[i];
        return next;
    end loop;

    -- A plan made while tables are small would stay for the session, and read all claims of a practice, or all of its log for each
    -- event: twenty times the cost on a new database. Now and then, and where the rare statements ran, all are made anew.
    if is_checking or random() * 2000 < 1 then
        discard plans;
    end if;
end
$$;

-- What a command or a slot query must know of a practice before it decides, in one round trip and one snapshot.
--
-- Claims of any of p_what that overlap [p_from, p_until); none lasts longer than 40 hours, so older ones cannot matter.
-- p_patient and p_command may be null: then they are not known. An erased patient is not known either.
-- catalogue_position is that of the newest event that changed what can be booked.
drop function log.consult;
create function log.consult(p_tenant uuid, p_what uuid[], p_from timestamptz, p_until timestamptz, p_patient uuid, p_command uuid)
returns table (
    "position" bigint, catalogue_position bigint, is_patient_known boolean, patient_zone text, is_command_known boolean,
    holders uuid[], whats uuid[], starts timestamptz[], ends timestamptz[], visit_starts timestamptz[], visit_ends timestamptz[],
    services uuid[], expiries timestamptz[], besides boolean[]
)
language plpgsql
as $$
#variable_conflict use_column
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
    select
        h.position,
        coalesce((
            select max(e.position) from log.event e
            where e.tenant_id = p_tenant
              and e.stream_type in ('practice.practice', 'practice.location', 'practice.resource', 'practice.clinician', 'practice.service')
        ), 0),
        coalesce(p.is_known, false),
        p.zone,
        exists (select from log.event e where e.tenant_id = p_tenant and e.command_id = p_command),
        c.holders, c.whats, c.starts, c.ends, c.visit_starts, c.visit_ends,
        c.services, c.expiries, c.besides
    from log.tenant_head h
    left join lateral (
        select
            e.body ->> 'zone' as zone,
            not exists (
                select from log.event x
                where x.tenant_id = p_tenant and x.stream_id = p_patient and x.event_type = 'patients.patient.erased'
            ) as is_known
        from log.event e
        where e.tenant_id = p_tenant and e.stream_id = p_patient
          and e.event_type in ('patients.patient.registered', 'patients.patient.details_changed')
        order by e.version desc
        limit 1
    ) p on true
    cross join lateral (
        select
            array_agg(t.holder_id) as holders,
            array_agg(t.what) as whats,
            array_agg(t.starts_at) as starts,
            array_agg(t.ends_at) as ends,
            array_agg(t.visit_starts_at) as visit_starts,
            array_agg(t.visit_ends_at) as visit_ends,
            array_agg(t.service_id) as services,
            array_agg(t.expires_at) as expiries,
            array_agg(t.beside) as besides
        from log.time_claim t
        where t.tenant_id = p_tenant
          and t.what = any (p_what)
          and t.starts_at > p_from - interval '40 hours'
          and t.starts_at < p_until
          and t.ends_at > p_from
    ) c
    where h.tenant_id = p_tenant;

    -- As in log.append: a plan made while tables are small must not stay.
    if random() * 500 < 1 then
        discard plans;
    end if;
end
$$;

revoke all on function log.consult from public;
grant execute on function log.consult to scheduler_app;
