-- Claims learn three things: for which service the time is used, when a hold on it ends, and whether somebody put a visit beside
-- another on purpose. And the constraint on them costs half of what it did: see docs/adr/0011.

alter table log.time_claim
    add column service_id uuid,
    add column expires_at timestamptz,
    add column beside     boolean not null default false;

-- Set for ever with a practice's first claim beside others: the constraint does not see those, so its appends are looked at first.
alter table log.tenant_head add column has_beside boolean not null default false;

-- Its bounds are checked where they are written, in log.append: a check here is parsed again in each statement.
alter table log.time_claim drop constraint time_claim_check;

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
