/*---
description: >-
  What dim_service says of a service, and from when until when it said so (Type 2): owner, status, product, tariff and
  price. A version begins when V3 changed the row (service.updated_at), as far as the lake has seen it: the first
  version of a service is the one that the first night read, and of several changes between two nights only the last
  is known. Codes have the words of today in every version. Deleted services keep their last version.
grain: one row per service and version
owner: crm-data@telecom.example
tags: [core, service]
materialization: scd2
key: service_id
history:
  observed: observed_at
  compare: [customer_id, service_type, status, is_billable, product_name, product_family, tariff_name, monthly_charge,
            activated_on, ceased_on]
  deletes: ignore
columns:
  service_id: { type: BIGINT, description: Number of the service in V3, checks: [not_null] }
  customer_id: { type: BIGINT, description: Owner, checks: [not_null] }
  service_type: { type: VARCHAR, checks: [not_null] }
  status: { type: VARCHAR, checks: [not_null, { accepted_values: [Active, Suspended, Ceased, Pending] }] }
  is_billable: { type: BOOLEAN, checks: [not_null] }
  line_number: { type: VARCHAR, description: "Telephone or circuit number, the newest of the version" }
  product_name: { type: VARCHAR }
  product_family: { type: VARCHAR }
  tariff_name: { type: VARCHAR }
  monthly_charge: { type: "DECIMAL(18,4)", description: Pounds a month, checks: [not_null] }
  activated_on: { type: DATE }
  ceased_on: { type: DATE, description: NULL while the service lives }
  valid_from: { type: TIMESTAMP, description: When this version began, checks: [not_null] }
  valid_to: { type: TIMESTAMP, description: "When the next one began; NULL while this one holds" }
  is_current: { type: BOOLEAN, checks: [not_null] }
checks:
  - row_count: { min: 1 }
  - unique: [service_id, valid_from]
---*/
WITH observation AS (
    -- A row that was changed twice in one second may have been read twice with one time: the later reading counts.
    SELECT *, coalesce(CAST(updated_at AS TIMESTAMP), CAST(ingestion_date AS TIMESTAMP)) AS observed_at
    FROM bronze_v3_service.service__all
    QUALIFY row_number() OVER (
        PARTITION BY svc_id, observed_at
        ORDER BY ingestion_date DESC, svc_stat, cease_dt, cust_id, mthly_chg, prod_id, tariff_id, flg_billable, svc_typ, act_dt
    ) = 1
)
SELECT
    CAST(s.svc_id AS BIGINT) AS service_id,
    CAST(s.cust_id AS BIGINT) AS customer_id,
    t.typ_nm AS service_type,
    trim(st.stat_desc) AS status,
    coalesce(CAST(s.flg_billable AS INTEGER) <> 0, FALSE) AS is_billable,
    trim(s.cli) AS line_number,
    trim(p.prod_nm) AS product_name,
    f.fam_nm AS product_family,
    trf.tariff_nm AS tariff_name,
    CAST(s.mthly_chg AS DECIMAL(18,4)) AS monthly_charge,
    CAST(s.act_dt AS DATE) AS activated_on,
    CAST(s.cease_dt AS DATE) AS ceased_on,
    s.observed_at
FROM observation AS s
LEFT JOIN bronze_v3_service.service_status AS st ON st.stat_cd = upper(s.svc_stat)
LEFT JOIN bronze_v3_service.service_type AS t ON t.svc_typ_id = s.svc_typ
LEFT JOIN bronze_v3_product.product AS p ON p.prod_id = s.prod_id
LEFT JOIN bronze_v3_product.product_family AS f ON f.fam_id = p.fam_id
LEFT JOIN bronze_v3_tariff.tariff AS trf ON trf.tariff_id = s.tariff_id
