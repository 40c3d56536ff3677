/*---
description: >-
  Calls as BaRE rated them, by the day of the record. The account is BaRE's own number; bronze_bare.bare_account knows
  its customer. Costs are doubles in BaRE and become decimals here, at its four digits.
grain: one row per call that BaRE rated
owner: finance-data@telecom.example
tags: [cdr, pii]
partitions: { by: daily, column: day, timezone: Europe/London }
columns:
  day: { type: DATE, description: "Of the record, in London", checks: [not_null] }
  record_id: { type: BIGINT, description: Number of the record in BaRE, checks: [not_null, unique] }
  account_id: { type: BIGINT, description: Account in BaRE }
  destination: { type: VARCHAR, description: Called number }
  duration_seconds: { type: BIGINT, checks: [not_null] }
  cost: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  rated_at: { type: TIMESTAMP, description: London time, checks: [not_null] }
---*/
SELECT
    CAST(rec_ts AS DATE) AS day,
    CAST(rec_id AS BIGINT) AS record_id,
    CAST(acct_id AS BIGINT) AS account_id,
    dest AS destination,
    CAST(dur_s AS BIGINT) AS duration_seconds,
    CAST(cost AS DECIMAL(18,4)) AS cost,
    CAST(rec_ts AS TIMESTAMP) AS rated_at
FROM bronze_cdr_bare.cdr_bare
