-- One holder may have several times of one thing: a busy calendar has all of a clinician's. See docs/adr/0026.
alter table log.time_claim
    drop constraint time_claim_pkey,
    add primary key (tenant_id, holder_id, what, starts_at);
