-- The zone a patient's clock shows, as the newest event says that tells it; no row for one who is not known. It is not personal data.
create function log.patient_zone(p_tenant uuid, p_patient uuid) returns table (zone text)
language plpgsql
as $$
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    return query
    select e.body ->> 'zone'
    from log.event e
    where e.tenant_id = p_tenant and e.stream_id = p_patient
      and e.event_type in ('patients.patient.registered', 'patients.patient.details_changed')
    order by e.version desc
    limit 1;
end
$$;

revoke all on function log.patient_zone from public;
grant execute on function log.patient_zone to scheduler_app;
