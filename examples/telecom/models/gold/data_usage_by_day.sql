/*---
description: >-
  Mobile data by day and access point. A subscriber who used two access points is counted at each, so subscribers do
  not add up over them. A gigabyte is 1,000,000,000 bytes, as tariffs have it.
grain: one row per day and access point
owner: network-data@telecom.example
tags: [mart, usage, series]
partitions: { by: daily, column: day, timezone: Europe/London }
columns:
  day: { type: DATE, description: "Of the sessions' records, in London", checks: [not_null] }
  apn_id: { type: INTEGER, description: Access point, checks: [not_null] }
  subscribers: { type: BIGINT, checks: [not_null] }
  sessions: { type: BIGINT, checks: [not_null] }
  gigabytes_up: { type: "DECIMAL(18,6)", checks: [not_null] }
  gigabytes_down: { type: "DECIMAL(18,6)", checks: [not_null] }
checks:
  - unique: [day, apn_id]
---*/
SELECT
    day,
    apn_id,
    count(DISTINCT msisdn) AS subscribers,
    CAST(sum(sessions) AS BIGINT) AS sessions,
    CAST(sum(bytes_up) / 1000000000 AS DECIMAL(18,6)) AS gigabytes_up,
    CAST(sum(bytes_down) / 1000000000 AS DECIMAL(18,6)) AS gigabytes_down
FROM silver.fact_apn_usage
GROUP BY ALL
ORDER BY day, apn_id
