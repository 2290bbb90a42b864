-- What analysts see, and all that they see; docs/reporting.md explains each view. Runs as scheduler_owner with search_path on the schema
-- that is made. A view reads with the rights of its owner, so that an analyst needs none on the tables; row-level security is forced
-- on the owner too, so that a view shows the practice that was named and no other. Nothing here is personal: an id of a patient is an
-- id, and what a person is called, said or agreed to is in no view.

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
    a.series_id
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

create view series with (security_barrier) as
select s.series_id, s.patient_id, s.clinician_id, s.service_id, s.rrule, s.zone, s.starts_at, s.booked, s.skipped from calendar.series s;

-- Of a patient who was merged into another one person_id is that one's: count persons by it.
create view patient with (security_barrier) as
select p.patient_id, coalesce(p.merged_into, p.patient_id) as person_id, p.registered_at, p.is_erased, p.is_withdrawn
from patients.patient p;

create view service with (security_barrier) as
select c.thing_id as service_id, c.name, c.is_active from calendar.catalogue c where c.kind = 'service';

create view location with (security_barrier) as
select c.thing_id as location_id, c.name, c.zone from calendar.catalogue c where c.kind = 'location';

create view resource with (security_barrier) as
select c.thing_id as resource_id, c.name, c.is_active from calendar.catalogue c where c.kind = 'resource';

grant select on visit, session, enrolment, series, patient, service, location, resource to scheduler_analyst;
