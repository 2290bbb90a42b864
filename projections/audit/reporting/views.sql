-- All that analysts may read; docs/reporting.md describes each view. A view runs with the rights of
-- its owner, so an analyst needs none on the tables. Row-level security is forced on the owner too,
-- so a view shows only the practice of the transaction. Ids are the only data about patients here.

create view visit with (security_barrier) as
select
    a.appointment_id,
    a.patient_id,
    a.clinician_id,
    a.service_id,
    service.name as service,
    a.location_id,
    location.name as location,
    a.resource_ids,
    a.starts_at,
    a.starts_at at time zone location.zone as local_starts_at,
    (extract(epoch from a.ends_at - a.starts_at) / 60)::integer as minutes,
    a.status,
    a.mode,
    a.price_amount_minor,
    a.price_currency,
    a.booked_at,
    a.series_id,
    a.cancelled_at,
    a.cancelled_by,
    a.cancelled_late,
    a.origin,
    coalesce(a.assigned_starts_at = a.starts_at, false) as time_is_assigned
from calendar.appointment a
left join calendar.catalogue service on service.tenant_id = a.tenant_id and service.thing_id = a.service_id
left join calendar.catalogue location on location.tenant_id = a.tenant_id and location.thing_id = a.location_id;

create view session with (security_barrier) as
select
    s.session_id,
    s.course_id,
    s.staff_ids,
    s.service_id,
    service.name as service,
    s.location_id,
    location.name as location,
    s.starts_at,
    s.starts_at at time zone location.zone as local_starts_at,
    (extract(epoch from s.ends_at - s.starts_at) / 60)::integer as minutes,
    s.status,
    s.price_amount_minor,
    s.price_currency,
    s.seats,
    s.taken,
    s.waiting
from calendar.session s
left join calendar.catalogue service on service.tenant_id = s.tenant_id and service.thing_id = s.service_id
left join calendar.catalogue location on location.tenant_id = s.tenant_id and location.thing_id = s.location_id;

create view enrolment with (security_barrier) as
select e.session_id, e.patient_id, e.status, e.attended, e.since from calendar.enrolment e;

-- Cancelled visits, and seats that patients lost. Why is personal.
create view cancellation with (security_barrier) as
select
    c.appointment_id,
    c.session_id,
    c.patient_id,
    c.clinician_id,
    c.service_id,
    service.name as service,
    c.location_id,
    location.name as location,
    c.starts_at,
    c.starts_at at time zone location.zone as local_starts_at,
    c.cancelled_at,
    c.cancelled_by,
    c.cancelled_late,
    c.cancellation_notice_minutes
from (
    select
        a.tenant_id, a.appointment_id, null::uuid as session_id, a.patient_id, a.clinician_id, a.service_id, a.location_id,
        a.starts_at, a.cancelled_at, a.cancelled_by, a.cancelled_late, a.cancellation_notice_minutes
    from calendar.appointment a
    where a.status = 'cancelled'
    union all
    select
        s.tenant_id, null, s.session_id, e.patient_id, s.staff_ids[1], s.service_id, s.location_id,
        s.starts_at, e.cancelled_at, e.cancelled_by, e.cancelled_late, s.cancellation_notice_minutes
    from calendar.enrolment e
    join calendar.session s on s.tenant_id = e.tenant_id and s.session_id = e.session_id
    where e.status = 'withdrawn' and e.cancelled_at is not null
) c
left join calendar.catalogue service on service.tenant_id = c.tenant_id and service.thing_id = c.service_id
left join calendar.catalogue location on location.tenant_id = c.tenant_id and location.thing_id = c.location_id;

create view series with (security_barrier) as
select s.series_id, s.patient_id, s.clinician_id, s.service_id, s.rrule, s.zone, s.starts_at, s.booked, s.skipped from calendar.series s;

create view course with (security_barrier) as
select
    c.course_id,
    c.service_id,
    service.name as service,
    c.staff_ids,
    c.seats,
    c.rrule,
    c.zone,
    c.starts_at,
    c.planned,
    c.skipped
from calendar.course c
left join calendar.catalogue service on service.tenant_id = c.tenant_id and service.thing_id = c.service_id;

-- The number of an entry's windows, not their times, which are personal.
create view waitlist_entry with (security_barrier) as
select
    e.entry_id,
    e.patient_id,
    e.service_id,
    service.name as service,
    e.clinician_id,
    cardinality(e.window_starts) + cardinality(e.weekly) as windows,
    e.notice_minutes,
    e.status,
    e.joined_at,
    e.appointment_id
from waitlist.entry e
left join calendar.catalogue service on service.tenant_id = e.tenant_id and service.thing_id = e.service_id;

create view waitlist_opening with (security_barrier) as
select
    o.opening_id,
    o.clinician_id,
    o.starts_at,
    (extract(epoch from o.ends_at - o.starts_at) / 60)::integer as minutes,
    o.cause
from waitlist.opening o;

-- An offer expires without an event: it has expired if it is unanswered after expires_at.
create view waitlist_offer with (security_barrier) as
select
    o.offer_id,
    o.opening_id,
    o.entry_id,
    o.patient_id,
    o.service_id,
    service.name as service,
    o.clinician_id,
    o.location_id,
    location.name as location,
    o.starts_at,
    o.starts_at at time zone location.zone as local_starts_at,
    (extract(epoch from o.ends_at - o.starts_at) / 60)::integer as minutes,
    o.made_at,
    o.expires_at,
    coalesce(o.answer, case when o.expires_at <= now() then 'expired' else 'open' end) as status,
    o.because,
    o.appointment_id
from waitlist.offer o
left join calendar.catalogue service on service.tenant_id = o.tenant_id and service.thing_id = o.service_id
left join calendar.catalogue location on location.tenant_id = o.tenant_id and location.thing_id = o.location_id;

-- person_id of a merged patient is that of the surviving one: count persons by it.
create view patient with (security_barrier) as
select p.patient_id, coalesce(p.merged_into, p.patient_id) as person_id, p.registered_at, p.is_erased, p.is_withdrawn
from patients.patient p;

create view service with (security_barrier) as
select c.thing_id as service_id, c.name, c.is_active from calendar.catalogue c where c.kind = 'service';

create view location with (security_barrier) as
select c.thing_id as location_id, c.name, c.zone from calendar.catalogue c where c.kind = 'location';

create view resource with (security_barrier) as
select c.thing_id as resource_id, c.name, c.is_active from calendar.catalogue c where c.kind = 'resource';

grant select on visit, session, enrolment, cancellation, series, course, waitlist_entry, waitlist_opening, waitlist_offer, patient, service, location,
    resource to scheduler_analyst;
