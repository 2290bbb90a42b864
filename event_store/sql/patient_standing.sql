-- Reads how a patient stands for a visit: their time zone, the patient they were merged into, the
-- merged patients who have an alert, and whether their registration was withdrawn. No row: the
-- patient is unknown.
--
-- For a patient who was merged away the survivor's zone and alerts are returned. Alerts of patients
-- who were merged away still count: they may be about an allergy. A loop, not a join: a patient has
-- few events, and each is read once.
create or replace function log.patient_standing(p_tenant uuid, p_patient uuid)
    returns table (zone text, merged_into uuid, alerted uuid[], withdrawn boolean)
language plpgsql
strict
as $$
#variable_conflict use_variable
declare
    event record;
    member uuid;
    own boolean := false;
    is_known boolean := false;
    others uuid[] := '{}';
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    alerted := '{}';
    withdrawn := false;
    for event in
        select e.event_type, e.body from log.event e
        where e.tenant_id = p_tenant and e.stream_id = p_patient and e.event_type like 'patients.patient.%'
        order by e.version
    loop
        is_known := true;
        case event.event_type
            when 'patients.patient.registered', 'patients.patient.details_changed' then zone := event.body ->> 'zone';
            when 'patients.patient.remarks_changed' then own := (event.body ->> 'has_alert')::boolean;
            when 'patients.patient.merged_into' then merged_into := (event.body ->> 'survivor_id')::uuid;
            when 'patients.patient.parted_from' then merged_into := null;
            when 'patients.patient.absorbed' then others := others || (event.body ->> 'other_id')::uuid;
            when 'patients.patient.released' then others := array_remove(others, (event.body ->> 'other_id')::uuid);
            when 'patients.patient.withdrawn' then withdrawn := true;
            when 'patients.patient.reinstated' then withdrawn := false;
            when 'patients.patient.erased' then own := false;
            else null;
        end case;
    end loop;
    if merged_into is not null then
        -- The survivor's events name this patient among the others. A survivor is not withdrawn.
        select s.zone, s.alerted into zone, alerted from log.patient_standing(p_tenant, merged_into) s;
        return next;
        return;
    end if;
    if own then
        alerted := array[p_patient];
    end if;
    foreach member in array others loop
        if coalesce((
            select case e.event_type when 'patients.patient.remarks_changed' then (e.body ->> 'has_alert')::boolean end
            from log.event e
            where e.tenant_id = p_tenant and e.stream_id = member
              and e.event_type in ('patients.patient.remarks_changed', 'patients.patient.erased')
            order by e.version desc limit 1
        ), false) then
            alerted := alerted || member;
        end if;
    end loop;
    if is_known then
        return next;
    end if;
end
$$;

revoke all on function log.patient_standing from public;
grant execute on function log.patient_standing to scheduler_app;
