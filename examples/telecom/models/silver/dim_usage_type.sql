/*---
description: Kinds of usage with their group, unit and charge type.
grain: one row per usage type
owner: finance-data@telecom.example
tags: [billing-dimensions]
materialization: full
columns:
  usage_type_id: { type: INTEGER, checks: [not_null, unique] }
  usage_type: { type: VARCHAR, checks: [not_null] }
  usage_type_group: { type: VARCHAR, checks: [not_null] }
  usage_unit: { type: VARCHAR, description: NULL for usage that is not measured }
  charge_type: { type: VARCHAR, checks: [not_null] }
  unit_price: { type: "DECIMAL(18,4)", description: Pounds; 0 for free usage, checks: [not_null] }
  is_active: { type: BOOLEAN, checks: [not_null] }
checks:
  - row_count: { min: 1, max: 10000 }
---*/
SELECT
    CAST(u.ut_id AS INTEGER) AS usage_type_id,
    u.ut_nm AS usage_type,
    g.utg_nm AS usage_type_group,
    upper(un.unit_cd) AS usage_unit,
    trim(c.chg_nm) AS charge_type,
    coalesce(CAST(nullif(trim(u.unit_prc), '') AS DECIMAL(18,4)), 0) AS unit_price,
    coalesce(upper(trim(u.actv)) IN ('Y', 'YES', '1', 'T'), FALSE) AS is_active
FROM bronze_v3_usage.usage_type AS u
LEFT JOIN bronze_v3_usage.usage_type_group AS g ON g.utg_id = u.utg_id
LEFT JOIN bronze_v3_usage.usage_unit AS un ON un.unit_id = u.unit_id
LEFT JOIN bronze_v3_usage.charge_type AS c ON c.chg_type_id = u.chg_type_id
