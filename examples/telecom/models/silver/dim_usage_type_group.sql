/*---
description: Groups of usage types, with their parents.
grain: one row per usage type group
owner: finance-data@telecom.example
tags: [billing-dimensions]
materialization: full
columns:
  usage_type_group_id: { type: INTEGER, checks: [not_null, unique] }
  usage_type_group: { type: VARCHAR, checks: [not_null] }
  parent_group: { type: VARCHAR, description: NULL at the top }
  is_top_level: { type: BOOLEAN, checks: [not_null] }
checks:
  - row_count: { min: 1, max: 10000 }
---*/
SELECT
    CAST(g.utg_id AS INTEGER) AS usage_type_group_id,
    g.utg_nm AS usage_type_group,
    p.utg_nm AS parent_group,
    coalesce(g.parent_id, 0) = 0 AS is_top_level
FROM bronze_v3_usage.usage_type_group AS g
LEFT JOIN bronze_v3_usage.usage_type_group AS p ON p.utg_id = g.parent_id
