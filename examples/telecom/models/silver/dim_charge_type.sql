/*---
description: Kinds of charge that can stand on an invoice.
grain: one row per charge type
owner: finance-data@telecom.example
tags: [billing-dimensions]
materialization: full
columns:
  charge_type_id: { type: INTEGER, checks: [not_null, unique] }
  charge_code: { type: VARCHAR, checks: [not_null, unique] }
  charge_type: { type: VARCHAR, checks: [not_null] }
  is_recurring: { type: BOOLEAN, checks: [not_null] }
  is_vatable: { type: BOOLEAN, checks: [not_null] }
  ledger_code: { type: INTEGER, description: Account of the general ledger }
checks:
  - row_count: { min: 1, max: 10000 }
---*/
SELECT
    CAST(chg_type_id AS INTEGER) AS charge_type_id,
    chg_cd AS charge_code,
    trim(chg_nm) AS charge_type,
    coalesce(upper(trim(recur_flg)) = 'Y', FALSE) AS is_recurring,
    coalesce(CAST(vatable AS INTEGER) <> 0, TRUE) AS is_vatable,
    CAST(gl_cd AS INTEGER) AS ledger_code
FROM bronze_v3_usage.charge_type
