/*---
description: >-
  Calls as billing loaded them, with the words of their usage type, by the day on which they were loaded. The service
  is a number only: services change every night, and words from them would put every day out of date. BaRE rated calls
  of its own: fact_cdr_bare. The two are not parts of one whole, so do not add them up.
grain: one row per call that billing loaded
owner: finance-data@telecom.example
tags: [cdr, pii]
partitions: { by: daily, column: day, timezone: Europe/London }
columns:
  day: { type: DATE, description: "When billing loaded it, in London", checks: [not_null] }
  cdr_id: { type: BIGINT, description: Number of the record in billing, checks: [not_null, unique] }
  service_id:
    type: BIGINT
    checks: [{ relationships: { to: silver.dim_service, column: service_id, severity: warn } }]
  calling_number: { type: VARCHAR }
  called_number: { type: VARCHAR }
  usage_type: { type: VARCHAR, description: The words of dim_usage_type, checks: [{ not_null: { severity: warn } }] }
  usage_type_group: { type: VARCHAR, checks: [{ not_null: { severity: warn } }] }
  duration_seconds: { type: BIGINT, checks: [not_null] }
  price: { type: "DECIMAL(18,5)", description: "Pounds; billing keeps five digits", checks: [not_null] }
  loaded_at: { type: TIMESTAMP, description: London time, checks: [not_null] }
---*/
SELECT
    CAST(c.load_ts AS DATE) AS day,
    CAST(c.cdr_id AS BIGINT) AS cdr_id,
    CAST(nullif(c.svc_id, 0) AS BIGINT) AS service_id,
    c.a_no AS calling_number,
    c.b_no AS called_number,
    u.usage_type,
    u.usage_type_group,
    CAST(c.secs AS BIGINT) AS duration_seconds,
    CAST(c.prc AS DECIMAL(18,5)) AS price,
    CAST(c.load_ts AS TIMESTAMP) AS loaded_at
FROM bronze_billing_cdrs.cdr AS c
LEFT JOIN silver.dim_usage_type AS u ON u.usage_type_id = c.ut_id
