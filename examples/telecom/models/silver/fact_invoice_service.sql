/*---
description: >-
  What each invoice charges for each service. V3 holds some pairs twice; the newest row of a pair counts. The services
  of an invoice add up to its net amount. Drafts and void invoices are here, too, as in fact_invoice_item.
grain: one row per invoice and service
owner: finance-data@telecom.example
tags: [core, finance]
materialization: full
columns:
  invoice_id:
    type: BIGINT
    checks:
      - not_null
      - relationships: { to: silver.fact_invoice, column: invoice_id }
  service_id:
    type: BIGINT
    checks:
      - not_null
      - relationships: { to: silver.dim_service, column: service_id }
  customer_id: { type: BIGINT, description: Of the invoice, checks: [not_null] }
  invoice_date: { type: DATE, checks: [not_null] }
  net_amount: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
checks:
  - row_count: { min: 1 }
  - unique: [invoice_id, service_id]
---*/
SELECT
    CAST(x.inv_id AS BIGINT) AS invoice_id,
    CAST(x.svc_id AS BIGINT) AS service_id,
    CAST(i.cust_id AS BIGINT) AS customer_id,
    CAST(i.inv_dt AS DATE) AS invoice_date,
    CAST(x.svc_amt AS DECIMAL(18,4)) AS net_amount
FROM bronze_v3_invoice.invoice_service AS x
LEFT JOIN bronze_v3_invoice.invoice AS i ON i.inv_id = x.inv_id
