/*---
description: Resellers, with the commission they have earned so far.
grain: one row per partner
owner: crm-data@telecom.example
tags: [core, partner]
materialization: full
columns:
  partner_id: { type: BIGINT, description: Number of the partner in V3, checks: [not_null, unique] }
  partner_name: { type: VARCHAR, checks: [not_null] }
  tier: { type: VARCHAR, checks: [not_null, { accepted_values: [gold, silver, bronze, none] }] }
  commission_rate: { type: "DECIMAL(18,4)", description: Percent; NULL if none was agreed }
  is_active: { type: BOOLEAN, checks: [not_null] }
  joined_on: { type: DATE, description: NULL for partners from before 2015 }
  commission_total: { type: "DECIMAL(18,4)", description: "Pounds, repeats counted once", checks: [not_null] }
  commission_unpaid: { type: "DECIMAL(18,4)", description: "Pounds, of commission_total", checks: [not_null] }
checks:
  - row_count: { min: 1 }
---*/
WITH commission AS (
    -- The legacy table has no key and holds some rows twice.
    SELECT DISTINCT
        ptnr_id,
        mon,
        CAST(comm_amt AS DECIMAL(18,4)) AS amount,
        coalesce(CAST(paid AS INTEGER) <> 0, FALSE) AS is_paid
    FROM bronze_v3_partner.partner_commission
),
total AS (
    SELECT ptnr_id, sum(amount) AS earned, sum(amount) FILTER (NOT is_paid) AS unpaid
    FROM commission
    GROUP BY ptnr_id
)
SELECT
    CAST(p.ptnr_id AS BIGINT) AS partner_id,
    trim(p.ptnr_nm) AS partner_name,
    coalesce(CAST(p.tier AS VARCHAR), 'none') AS tier,
    CAST(p.comm_pct AS DECIMAL(18,4)) AS commission_rate,
    coalesce(upper(trim(p.actv)) IN ('Y', 'YES', '1', 'T'), FALSE) AS is_active,
    CAST(p.joined AS DATE) AS joined_on,
    CAST(coalesce(t.earned, 0) AS DECIMAL(18,4)) AS commission_total,
    CAST(coalesce(t.unpaid, 0) AS DECIMAL(18,4)) AS commission_unpaid
FROM bronze_v3_partner.partner AS p
LEFT JOIN total AS t ON t.ptnr_id = p.ptnr_id
