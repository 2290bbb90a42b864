"""The statements that write the patient directory."""

from typing import Final

INSERT: Final = """
with inserted as (
    insert into {schema}.patient (
        tenant_id, patient_id, sealed, sealed_type, sealed_version, contacts, contacts_version, remarks, remarks_version, zone, locale,
        tokens, contact_tokens, merged_into, is_erased, is_withdrawn, registered_at, version, position
    )
    select
        (select log.current_tenant()), patient_id, decode(sealed, 'base64'), sealed_type, sealed_version,
        decode(contacts, 'base64'), contacts_version, decode(remarks, 'base64'), remarks_version, zone, locale,
        tokens, coalesce(contact_tokens, '{}'), merged_into, is_erased, coalesce(is_withdrawn, false), registered_at, version, position
    from json_to_recordset(%s::json) as r (
        patient_id uuid, sealed text, sealed_type text, sealed_version integer, contacts text, contacts_version integer, remarks text,
        remarks_version integer, zone text, locale text, tokens bigint[], contact_tokens bigint[], merged_into uuid, is_erased boolean,
        is_withdrawn boolean, registered_at timestamptz, version integer, position bigint
    )
    returning tenant_id, patient_id, tokens, contact_tokens
)
insert into {schema}.search_term (tenant_id, token, patient_id, of_contact)
select i.tenant_id, t.token, i.patient_id, false from inserted i, unnest(i.tokens) as t (token)
union all
select i.tenant_id, t.token, i.patient_id, true from inserted i, unnest(i.contact_tokens) as t (token)
"""

# "offset 0" keeps the planner from a join over the whole table: each token is looked up in the index.
FORGET: Final = """
delete from {schema}.search_term where ctid = any (array(
    select s.ctid
    from json_to_recordset(%s::json) as r (patient_id uuid, of_contact boolean)
    join {schema}.patient p on p.tenant_id = (select log.current_tenant()) and p.patient_id = r.patient_id
    cross join lateral unnest(case when r.of_contact then p.contact_tokens else p.tokens end) as t (token)
    cross join lateral (
        select ctid from {schema}.search_term
        where tenant_id = p.tenant_id and token = t.token and patient_id = p.patient_id and of_contact = r.of_contact
        offset 0
    ) s
))
"""

# A part that was told (by its flag) replaces what was known of it; the others stay.
UPDATE: Final = """
with updated as (
    update {schema}.patient p set
        sealed = case when r.tells_details then decode(r.sealed, 'base64') else p.sealed end,
        sealed_type = case when r.tells_details then r.sealed_type else p.sealed_type end,
        sealed_version = case when r.tells_details then r.sealed_version else p.sealed_version end,
        zone = case when r.tells_details then r.zone else p.zone end,
        locale = case when r.tells_details then r.locale else p.locale end,
        tokens = case when r.tells_details then r.tokens else p.tokens end,
        contacts = case when r.tells_contacts then decode(r.contacts, 'base64') else p.contacts end,
        contacts_version = case when r.tells_contacts then r.contacts_version else p.contacts_version end,
        contact_tokens = case when r.tells_contacts then r.contact_tokens else p.contact_tokens end,
        remarks = case when r.tells_remarks then decode(r.remarks, 'base64') else p.remarks end,
        remarks_version = case when r.tells_remarks then r.remarks_version else p.remarks_version end,
        merged_into = case when r.tells_merge then r.merged_into else p.merged_into end,
        is_erased = coalesce(r.is_erased, p.is_erased),
        is_withdrawn = coalesce(r.is_withdrawn, p.is_withdrawn),
        version = r.version,
        position = r.position
    from json_to_recordset(%s::json) as r (
        patient_id uuid, tells_details boolean, sealed text, sealed_type text, sealed_version integer, zone text, locale text,
        tokens bigint[], tells_contacts boolean, contacts text, contacts_version integer, contact_tokens bigint[],
        tells_remarks boolean, remarks text, remarks_version integer, tells_merge boolean, merged_into uuid, is_erased boolean,
        is_withdrawn boolean, version integer, position bigint
    )
    where p.tenant_id = (select log.current_tenant()) and p.patient_id = r.patient_id
    returning p.tenant_id, p.patient_id, r.tokens, r.contact_tokens
)
insert into {schema}.search_term (tenant_id, token, patient_id, of_contact)
select u.tenant_id, t.token, u.patient_id, false from updated u, unnest(u.tokens) as t (token)
union all
select u.tenant_id, t.token, u.patient_id, true from updated u, unnest(u.contact_tokens) as t (token)
"""
