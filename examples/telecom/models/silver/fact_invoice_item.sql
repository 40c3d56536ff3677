/*---
description: >-
  Invoice lines with the kind of charge, and the invoice's customer and date. The lines of an invoice add up to its
  net amount. Lines of drafts and void invoices are here, too: join fact_invoice and ask for is_revenue to leave them
  out.
grain: one row per invoice line item
owner: finance-data@telecom.example
tags: [core, finance]
materialization: full
columns:
  invoice_item_id: { type: BIGINT, checks: [not_null, unique] }
  invoice_id:
    type: BIGINT
    checks:
      - not_null
      - relationships: { to: silver.fact_invoice, column: invoice_id }
  service_id:
    type: BIGINT
    description: NULL for charges to the account; a few point at services that never were
    checks: [{ relationships: { to: silver.dim_service, column: service_id, severity: warn } }]
  customer_id: { type: BIGINT, description: Of the invoice, checks: [not_null] }
  invoice_date: { type: DATE, checks: [not_null] }
  charge_type: { type: VARCHAR, description: The words of dim_charge_type, checks: [not_null] }
  is_recurring: { type: BOOLEAN, description: Whether the charge comes back every month, checks: [not_null] }
  item_description: { type: VARCHAR }
  quantity: { type: "DECIMAL(18,4)", checks: [not_null] }
  net_amount: { type: "DECIMAL(18,4)", description: Pounds, checks: [not_null] }
  vat_rate: { type: "DECIMAL(18,4)", description: Percent }
  period_start: { type: DATE, description: "NULL where V3 holds a zero date" }
checks:
  - row_count: { min: 1 }
---*/
SELECT
    CAST(it.item_id AS BIGINT) AS invoice_item_id,
    CAST(it.inv_id AS BIGINT) AS invoice_id,
    CAST(nullif(it.svc_id, 0) AS BIGINT) AS service_id,
    CAST(i.cust_id AS BIGINT) AS customer_id,
    CAST(i.inv_dt AS DATE) AS invoice_date,
    trim(t.chg_nm) AS charge_type,
    coalesce(upper(t.recur_flg) = 'Y', FALSE) AS is_recurring,
    trim(it.descr) AS item_description,
    CAST(it.qty AS DECIMAL(18,4)) AS quantity,
    CAST(it.amt AS DECIMAL(18,4)) AS net_amount,
    CAST(it.vat_rt AS DECIMAL(18,4)) AS vat_rate,
    CAST(it.per_start AS DATE) AS period_start
FROM bronze_v3_invoice.invoice_item AS it
LEFT JOIN bronze_v3_invoice.invoice AS i ON i.inv_id = it.inv_id
LEFT JOIN bronze_v3_usage.charge_type AS t ON t.chg_type_id = it.chg_type
