/*---
description: >-
  Mobile data of each subscriber and day, by access point. Bronze keeps the 4.7 billion sessions; nobody reads them
  one by one, so silver has their sums. A session counts on the day of its record, even if it began the day before.
grain: one row per day, subscriber and access point
owner: network-data@telecom.example
tags: [apn, pii]
partitions: { by: daily, column: day, timezone: Europe/London }
columns:
  day: { type: DATE, description: "Of the records, in London", checks: [not_null] }
  msisdn: { type: BIGINT, description: "The subscriber's number, with its country code", checks: [not_null] }
  apn_id: { type: INTEGER, description: Access point, checks: [not_null] }
  sessions: { type: BIGINT, checks: [not_null] }
  bytes_up: { type: "DECIMAL(38,0)", description: Bytes sent, checks: [not_null] }
  bytes_down: { type: "DECIMAL(38,0)", description: Bytes received, checks: [not_null] }
  last_session_at: { type: TIMESTAMP, description: London time, checks: [not_null] }
checks:
  - unique: [day, msisdn, apn_id]
---*/
SELECT
    CAST(rec_ts AS DATE) AS day,
    CAST(msisdn AS BIGINT) AS msisdn,
    CAST(coalesce(apn_id, 0) AS INTEGER) AS apn_id,
    count(*) AS sessions,
    CAST(coalesce(sum(up_b), 0) AS DECIMAL(38,0)) AS bytes_up,
    CAST(coalesce(sum(down_b), 0) AS DECIMAL(38,0)) AS bytes_down,
    CAST(max(rec_ts) AS TIMESTAMP) AS last_session_at
FROM bronze_apn.apn_usage
GROUP BY ALL
