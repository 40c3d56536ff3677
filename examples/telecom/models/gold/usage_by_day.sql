/*---
description: >-
  Calls, minutes and their price by day and group of usage types, as billing loaded them (silver.fact_cdr). It is what
  the calls were priced at, not what was invoiced for them: allowances and bundles are taken off on the invoice.
grain: one row per day and usage type group
owner: finance-data@telecom.example
tags: [mart, usage, series]
partitions: { by: daily, column: day, timezone: Europe/London }
columns:
  day: { type: DATE, description: "When billing loaded them, in London", checks: [not_null] }
  usage_type_group: { type: VARCHAR, checks: [not_null] }
  calls: { type: BIGINT, checks: [not_null] }
  services: { type: BIGINT, description: Services that called, checks: [not_null] }
  minutes: { type: "DECIMAL(18,2)", description: "Seconds / 60, of all calls together", checks: [not_null] }
  price: { type: "DECIMAL(18,5)", description: Pounds, checks: [not_null] }
checks:
  - unique: [day, usage_type_group]
---*/
SELECT
    day,
    coalesce(usage_type_group, 'Unknown') AS usage_type_group,
    count(*) AS calls,
    count(DISTINCT service_id) AS services,
    CAST(sum(duration_seconds) / 60 AS DECIMAL(18,2)) AS minutes,
    CAST(sum(price) AS DECIMAL(18,5)) AS price
FROM silver.fact_cdr
GROUP BY ALL
ORDER BY day, usage_type_group
