/*---
description: Options that a service can carry.
grain: one row per module type
owner: finance-data@telecom.example
tags: [billing-dimensions]
materialization: full
columns:
  module_type_id: { type: INTEGER, checks: [not_null, unique] }
  module_type: { type: VARCHAR, checks: [not_null] }
  default_price: { type: "DECIMAL(18,4)", description: Pounds a month, checks: [not_null] }
  is_billable: { type: BOOLEAN, checks: [not_null] }
  obsolete_on: { type: DATE, description: NULL while it is sold }
checks:
  - row_count: { min: 1, max: 10000 }
---*/
SELECT
    CAST(mod_type_id AS INTEGER) AS module_type_id,
    trim(mod_nm) AS module_type,
    CAST(dflt_prc AS DECIMAL(18,4)) AS default_price,
    coalesce(CAST(bill_flg AS INTEGER) <> 0, FALSE) AS is_billable,
    CAST(obs_dt AS DATE) AS obsolete_on
FROM bronze_v3_usage.module_type
