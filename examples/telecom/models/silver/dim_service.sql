/*---
description: Services (lines, circuits, SIMs) with their type, product and tariff.
grain: one row per service
owner: crm-data@telecom.example
tags: [core, service]
materialization: full
columns:
  service_id: { type: BIGINT, description: Number of the service in V3, checks: [not_null, unique] }
  customer_id:
    type: BIGINT
    description: Owner; a few point at customers that were deleted
    checks:
      - not_null
      - relationships: { to: silver.dim_customer, column: customer_id, severity: warn }
  service_type:
    type: VARCHAR
    checks:
      - not_null
      - accepted_values: [Mobile, Broadband, Landline, SIP trunk, Leased line, IoT SIM, Hosted PBX, Email]
  status: { type: VARCHAR, checks: [not_null, { accepted_values: [Active, Suspended, Ceased, Pending] }] }
  is_active: { type: BOOLEAN, checks: [not_null] }
  is_billable: { type: BOOLEAN, checks: [not_null] }
  line_number: { type: VARCHAR, description: Telephone or circuit number }
  product_name: { type: VARCHAR }
  product_family: { type: VARCHAR }
  tariff_name: { type: VARCHAR }
  monthly_charge: { type: "DECIMAL(18,4)", description: Pounds a month, checks: [not_null] }
  activated_on:
    type: DATE
    description: NULL where V3 holds a zero date; such services are in no figure of churn and MRR
    checks: [{ not_null: { severity: warn } }]
  ceased_on: { type: DATE, description: NULL while the service lives }
checks:
  - row_count: { min: 1 }
---*/
SELECT
    CAST(s.svc_id AS BIGINT) AS service_id,
    CAST(s.cust_id AS BIGINT) AS customer_id,
    t.typ_nm AS service_type,
    trim(st.stat_desc) AS status,
    coalesce(st.stat_cd = 'A', FALSE) AS is_active,
    coalesce(CAST(s.flg_billable AS INTEGER) <> 0, FALSE) AS is_billable,
    trim(s.cli) AS line_number,
    trim(p.prod_nm) AS product_name,
    f.fam_nm AS product_family,
    trf.tariff_nm AS tariff_name,
    CAST(s.mthly_chg AS DECIMAL(18,4)) AS monthly_charge,
    CAST(s.act_dt AS DATE) AS activated_on,
    CAST(s.cease_dt AS DATE) AS ceased_on
FROM bronze_v3_service.service AS s
LEFT JOIN bronze_v3_service.service_status AS st ON st.stat_cd = upper(s.svc_stat)
LEFT JOIN bronze_v3_service.service_type AS t ON t.svc_typ_id = s.svc_typ
LEFT JOIN bronze_v3_product.product AS p ON p.prod_id = s.prod_id
LEFT JOIN bronze_v3_product.product_family AS f ON f.fam_id = p.fam_id
LEFT JOIN bronze_v3_tariff.tariff AS trf ON trf.tariff_id = s.tariff_id
