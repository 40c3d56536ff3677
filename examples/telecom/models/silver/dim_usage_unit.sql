/*---
description: Units in which usage is counted.
grain: one row per usage unit
owner: finance-data@telecom.example
tags: [billing-dimensions]
materialization: full
columns:
  usage_unit_id: { type: INTEGER, checks: [not_null, unique] }
  usage_unit: { type: VARCHAR, description: In capitals, checks: [not_null, unique] }
  base_units: { type: DOUBLE, description: "Seconds, bytes or events in one unit", checks: [not_null] }
checks:
  - row_count: { min: 1, max: 10000 }
---*/
SELECT
    CAST(unit_id AS INTEGER) AS usage_unit_id,
    upper(trim(unit_cd)) AS usage_unit,
    CAST(mult AS DOUBLE) AS base_units
FROM bronze_v3_usage.usage_unit
