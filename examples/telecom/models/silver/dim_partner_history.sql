/*---
description: >-
  What the partner table said of a reseller, and from which night until which (Type 2). V3 keeps no time of change for
  partners, so a version begins on the day of the first snapshot that shows it. A partner that a later snapshot does
  not show was deleted, and its last version ends there. Commission is not in it: it is a sum, not a state.
grain: one row per partner and version
owner: crm-data@telecom.example
tags: [core, partner]
materialization: scd2
key: partner_id
history:
  observed: observed_on
  compare: [partner_name, tier, commission_rate, is_active, joined_on]
  deletes: close
columns:
  partner_id: { type: BIGINT, description: Number of the partner in V3, checks: [not_null] }
  partner_name: { type: VARCHAR, checks: [not_null] }
  tier: { type: VARCHAR, checks: [not_null, { accepted_values: [gold, silver, bronze, none] }] }
  commission_rate: { type: "DECIMAL(18,4)", description: Percent; NULL if none was agreed }
  is_active: { type: BOOLEAN, checks: [not_null] }
  joined_on: { type: DATE, description: NULL for partners from before 2015 }
  valid_from: { type: DATE, description: First day on which it was seen like this, checks: [not_null] }
  valid_to: { type: DATE, description: "First day on which it was seen otherwise, or not at all; NULL while it holds" }
  is_current: { type: BOOLEAN, checks: [not_null] }
checks:
  - row_count: { min: 1 }
  - unique: [partner_id, valid_from]
---*/
SELECT
    CAST(p.ptnr_id AS BIGINT) AS partner_id,
    trim(p.ptnr_nm) AS partner_name,
    coalesce(CAST(p.tier AS VARCHAR), 'none') AS tier,
    CAST(p.comm_pct AS DECIMAL(18,4)) AS commission_rate,
    coalesce(upper(trim(p.actv)) IN ('Y', 'YES', '1', 'T'), FALSE) AS is_active,
    CAST(p.joined AS DATE) AS joined_on,
    p.ingestion_date AS observed_on
FROM bronze_v3_partner.partner__all AS p
