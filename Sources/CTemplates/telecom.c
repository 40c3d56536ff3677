// Made by scripts/list-templates.
#include "CTemplates.h"
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char file_0[] = {
#embed "../../examples/telecom/README.md"
};
static const unsigned char file_1[] = {
#embed "../../examples/telecom/lake.yaml"
};
static const unsigned char file_2[] = {
#embed "../../examples/telecom/models/gold/arpu_by_month.sql"
};
static const unsigned char file_3[] = {
#embed "../../examples/telecom/models/gold/churn_by_month.sql"
};
static const unsigned char file_4[] = {
#embed "../../examples/telecom/models/gold/cohort_retention.sql"
};
static const unsigned char file_5[] = {
#embed "../../examples/telecom/models/gold/data_usage_by_day.sql"
};
static const unsigned char file_6[] = {
#embed "../../examples/telecom/models/gold/mrr_by_month.sql"
};
static const unsigned char file_7[] = {
#embed "../../examples/telecom/models/gold/mrr_by_partner.sql"
};
static const unsigned char file_8[] = {
#embed "../../examples/telecom/models/gold/mrr_by_product_family.sql"
};
static const unsigned char file_9[] = {
#embed "../../examples/telecom/models/gold/mrr_movement.sql"
};
static const unsigned char file_10[] = {
#embed "../../examples/telecom/models/gold/reconciliation.sql"
};
static const unsigned char file_11[] = {
#embed "../../examples/telecom/models/gold/revenue_by_day.sql"
};
static const unsigned char file_12[] = {
#embed "../../examples/telecom/models/gold/revenue_by_month.sql"
};
static const unsigned char file_13[] = {
#embed "../../examples/telecom/models/gold/revenue_by_partner.sql"
};
static const unsigned char file_14[] = {
#embed "../../examples/telecom/models/gold/revenue_by_product_family.sql"
};
static const unsigned char file_15[] = {
#embed "../../examples/telecom/models/gold/service_churn_by_month.sql"
};
static const unsigned char file_16[] = {
#embed "../../examples/telecom/models/gold/usage_by_day.sql"
};
static const unsigned char file_17[] = {
#embed "../../examples/telecom/models/silver/customer_service_invoice.sql"
};
static const unsigned char file_18[] = {
#embed "../../examples/telecom/models/silver/dim_charge_type.sql"
};
static const unsigned char file_19[] = {
#embed "../../examples/telecom/models/silver/dim_customer.sql"
};
static const unsigned char file_20[] = {
#embed "../../examples/telecom/models/silver/dim_customer_history.sql"
};
static const unsigned char file_21[] = {
#embed "../../examples/telecom/models/silver/dim_module_type.sql"
};
static const unsigned char file_22[] = {
#embed "../../examples/telecom/models/silver/dim_partner.sql"
};
static const unsigned char file_23[] = {
#embed "../../examples/telecom/models/silver/dim_partner_history.sql"
};
static const unsigned char file_24[] = {
#embed "../../examples/telecom/models/silver/dim_service.sql"
};
static const unsigned char file_25[] = {
#embed "../../examples/telecom/models/silver/dim_service_history.sql"
};
static const unsigned char file_26[] = {
#embed "../../examples/telecom/models/silver/dim_usage_type.sql"
};
static const unsigned char file_27[] = {
#embed "../../examples/telecom/models/silver/dim_usage_type_group.sql"
};
static const unsigned char file_28[] = {
#embed "../../examples/telecom/models/silver/dim_usage_unit.sql"
};
static const unsigned char file_29[] = {
#embed "../../examples/telecom/models/silver/fact_apn_usage.sql"
};
static const unsigned char file_30[] = {
#embed "../../examples/telecom/models/silver/fact_cdr.sql"
};
static const unsigned char file_31[] = {
#embed "../../examples/telecom/models/silver/fact_cdr_bare.sql"
};
static const unsigned char file_32[] = {
#embed "../../examples/telecom/models/silver/fact_invoice.sql"
};
static const unsigned char file_33[] = {
#embed "../../examples/telecom/models/silver/fact_invoice_item.sql"
};
static const unsigned char file_34[] = {
#embed "../../examples/telecom/models/silver/fact_invoice_service.sql"
};
static const unsigned char file_35[] = {
#embed "../../examples/telecom/sources/apn.yaml"
};
static const unsigned char file_36[] = {
#embed "../../examples/telecom/sources/bare.yaml"
};
static const unsigned char file_37[] = {
#embed "../../examples/telecom/sources/billing_cdrs.yaml"
};
static const unsigned char file_38[] = {
#embed "../../examples/telecom/sources/cdr_bare.yaml"
};
static const unsigned char file_39[] = {
#embed "../../examples/telecom/sources/v3_address.yaml"
};
static const unsigned char file_40[] = {
#embed "../../examples/telecom/sources/v3_audit.yaml"
};
static const unsigned char file_41[] = {
#embed "../../examples/telecom/sources/v3_contact.yaml"
};
static const unsigned char file_42[] = {
#embed "../../examples/telecom/sources/v3_contract.yaml"
};
static const unsigned char file_43[] = {
#embed "../../examples/telecom/sources/v3_credit.yaml"
};
static const unsigned char file_44[] = {
#embed "../../examples/telecom/sources/v3_customer.yaml"
};
static const unsigned char file_45[] = {
#embed "../../examples/telecom/sources/v3_invoice.yaml"
};
static const unsigned char file_46[] = {
#embed "../../examples/telecom/sources/v3_network.yaml"
};
static const unsigned char file_47[] = {
#embed "../../examples/telecom/sources/v3_numbering.yaml"
};
static const unsigned char file_48[] = {
#embed "../../examples/telecom/sources/v3_order.yaml"
};
static const unsigned char file_49[] = {
#embed "../../examples/telecom/sources/v3_partner.yaml"
};
static const unsigned char file_50[] = {
#embed "../../examples/telecom/sources/v3_payment.yaml"
};
static const unsigned char file_51[] = {
#embed "../../examples/telecom/sources/v3_porting.yaml"
};
static const unsigned char file_52[] = {
#embed "../../examples/telecom/sources/v3_product.yaml"
};
static const unsigned char file_53[] = {
#embed "../../examples/telecom/sources/v3_provisioning.yaml"
};
static const unsigned char file_54[] = {
#embed "../../examples/telecom/sources/v3_sales.yaml"
};
static const unsigned char file_55[] = {
#embed "../../examples/telecom/sources/v3_service.yaml"
};
static const unsigned char file_56[] = {
#embed "../../examples/telecom/sources/v3_tariff.yaml"
};
static const unsigned char file_57[] = {
#embed "../../examples/telecom/sources/v3_ticketing.yaml"
};
static const unsigned char file_58[] = {
#embed "../../examples/telecom/sources/v3_usage.yaml"
};
static const unsigned char file_59[] = {
#embed "../../examples/telecom/sources/v3_user.yaml"
};
static const unsigned char file_60[] = {
#embed "../../examples/telecom/tests/dimensions.yaml"
};
static const unsigned char file_61[] = {
#embed "../../examples/telecom/tests/invoices.yaml"
};
static const unsigned char file_62[] = {
#embed "../../examples/telecom/tests/mrr.yaml"
};
static const unsigned char file_63[] = {
#embed "../../examples/telecom/tests/revenue.yaml"
};
static const unsigned char file_64[] = {
#embed "../../examples/telecom/tests/usage.yaml"
};

static const struct tarn_template_file files[] = {
    {"README.md", file_0, sizeof file_0},
    {"lake.yaml", file_1, sizeof file_1},
    {"models/gold/arpu_by_month.sql", file_2, sizeof file_2},
    {"models/gold/churn_by_month.sql", file_3, sizeof file_3},
    {"models/gold/cohort_retention.sql", file_4, sizeof file_4},
    {"models/gold/data_usage_by_day.sql", file_5, sizeof file_5},
    {"models/gold/mrr_by_month.sql", file_6, sizeof file_6},
    {"models/gold/mrr_by_partner.sql", file_7, sizeof file_7},
    {"models/gold/mrr_by_product_family.sql", file_8, sizeof file_8},
    {"models/gold/mrr_movement.sql", file_9, sizeof file_9},
    {"models/gold/reconciliation.sql", file_10, sizeof file_10},
    {"models/gold/revenue_by_day.sql", file_11, sizeof file_11},
    {"models/gold/revenue_by_month.sql", file_12, sizeof file_12},
    {"models/gold/revenue_by_partner.sql", file_13, sizeof file_13},
    {"models/gold/revenue_by_product_family.sql", file_14, sizeof file_14},
    {"models/gold/service_churn_by_month.sql", file_15, sizeof file_15},
    {"models/gold/usage_by_day.sql", file_16, sizeof file_16},
    {"models/silver/customer_service_invoice.sql", file_17, sizeof file_17},
    {"models/silver/dim_charge_type.sql", file_18, sizeof file_18},
    {"models/silver/dim_customer.sql", file_19, sizeof file_19},
    {"models/silver/dim_customer_history.sql", file_20, sizeof file_20},
    {"models/silver/dim_module_type.sql", file_21, sizeof file_21},
    {"models/silver/dim_partner.sql", file_22, sizeof file_22},
    {"models/silver/dim_partner_history.sql", file_23, sizeof file_23},
    {"models/silver/dim_service.sql", file_24, sizeof file_24},
    {"models/silver/dim_service_history.sql", file_25, sizeof file_25},
    {"models/silver/dim_usage_type.sql", file_26, sizeof file_26},
    {"models/silver/dim_usage_type_group.sql", file_27, sizeof file_27},
    {"models/silver/dim_usage_unit.sql", file_28, sizeof file_28},
    {"models/silver/fact_apn_usage.sql", file_29, sizeof file_29},
    {"models/silver/fact_cdr.sql", file_30, sizeof file_30},
    {"models/silver/fact_cdr_bare.sql", file_31, sizeof file_31},
    {"models/silver/fact_invoice.sql", file_32, sizeof file_32},
    {"models/silver/fact_invoice_item.sql", file_33, sizeof file_33},
    {"models/silver/fact_invoice_service.sql", file_34, sizeof file_34},
    {"sources/apn.yaml", file_35, sizeof file_35},
    {"sources/bare.yaml", file_36, sizeof file_36},
    {"sources/billing_cdrs.yaml", file_37, sizeof file_37},
    {"sources/cdr_bare.yaml", file_38, sizeof file_38},
    {"sources/v3_address.yaml", file_39, sizeof file_39},
    {"sources/v3_audit.yaml", file_40, sizeof file_40},
    {"sources/v3_contact.yaml", file_41, sizeof file_41},
    {"sources/v3_contract.yaml", file_42, sizeof file_42},
    {"sources/v3_credit.yaml", file_43, sizeof file_43},
    {"sources/v3_customer.yaml", file_44, sizeof file_44},
    {"sources/v3_invoice.yaml", file_45, sizeof file_45},
    {"sources/v3_network.yaml", file_46, sizeof file_46},
    {"sources/v3_numbering.yaml", file_47, sizeof file_47},
    {"sources/v3_order.yaml", file_48, sizeof file_48},
    {"sources/v3_partner.yaml", file_49, sizeof file_49},
    {"sources/v3_payment.yaml", file_50, sizeof file_50},
    {"sources/v3_porting.yaml", file_51, sizeof file_51},
    {"sources/v3_product.yaml", file_52, sizeof file_52},
    {"sources/v3_provisioning.yaml", file_53, sizeof file_53},
    {"sources/v3_sales.yaml", file_54, sizeof file_54},
    {"sources/v3_service.yaml", file_55, sizeof file_55},
    {"sources/v3_tariff.yaml", file_56, sizeof file_56},
    {"sources/v3_ticketing.yaml", file_57, sizeof file_57},
    {"sources/v3_usage.yaml", file_58, sizeof file_58},
    {"sources/v3_user.yaml", file_59, sizeof file_59},
    {"tests/dimensions.yaml", file_60, sizeof file_60},
    {"tests/invoices.yaml", file_61, sizeof file_61},
    {"tests/mrr.yaml", file_62, sizeof file_62},
    {"tests/revenue.yaml", file_63, sizeof file_63},
    {"tests/usage.yaml", file_64, sizeof file_64},
    {NULL, NULL, 0},
};

const struct tarn_template_file *tarn_telecom_files(void) { return files; }
