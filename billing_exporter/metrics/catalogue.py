"""Billing metrics of the shipped collectors, declared once as data.

Exposition, reference (``docs/metrics.md``), rules and dashboards are made from or compared with
these declarations. The metrics of the exporter about itself are in ``telemetry.catalogue``.
"""

from billing_exporter.metrics.family import Subject

CHARGE = ("contract", "period", "charge", "sku", "unit")
CHARGE_MONEY = (*CHARGE, "currency")
WALLET = ("contract", "period", "wallet", "sku", "unit")
WALLET_MONEY = (*WALLET, "currency")
PLAN_ITEM = ("contract", "plan", "item")
LINE = ("invoice", "sku", "product", "billed_organization")
TRUSTOR = ("trustor", "trustor_id")
TRUSTOR_PERIOD = (*TRUSTOR, "period")
TRUSTOR_CHARGE = (*TRUSTOR_PERIOD, "charge", "part_number", "grouping", "unit")
TRUSTOR_CHARGE_MONEY = (*TRUSTOR_CHARGE, "currency")

_usage = Subject("the billable usage report")

USAGE_QUANTITY = _usage.total(
    "usage_quantity",
    ("charge",),
    "Billable usage of the report's window, in the unit of the charge, through the previous day.",
)
USAGE_RESOURCES = _usage.total(
    "usage_resources", ("charge",), "Users or devices that used the charge in the report's window."
)
USAGE_PERIOD_START = _usage.fact(
    "usage_period_start_timestamp_seconds", (), "First second of the report's window, Unix time."
)
USAGE_PERIOD_END = _usage.fact(
    "usage_period_end_timestamp_seconds", (), "Last second of the report's window, Unix time."
)

_invoices = Subject("the invoices")

INVOICES = _invoices.total(
    "invoices",
    ("currency", "payment_status"),
    "Invoices of the lookback, and older ones that are unpaid.",
)
INVOICES_AMOUNT = _invoices.total(
    "invoices_amount",
    ("currency", "payment_status"),
    "Sum of the invoices' amounts, in the currency, without those that cannot be read. Never add "
    "up currencies.",
)
UNPAID_AMOUNT = _invoices.total(
    "unpaid_amount",
    ("currency", "overdue"),
    "Sum of unpaid invoices, in the currency, by days past the due date; overdue is unknown where "
    "the payment terms state none, and credit for amounts below 0, which have no age. An upper "
    "bound, without amounts that cannot be read: invoices that are partially paid, past due or "
    "disputed count in full.",
)
UNPAID_INVOICES = _invoices.total(
    "unpaid_invoices",
    ("currency", "overdue"),
    "Unpaid invoices by days past the due date; overdue is unknown where the payment terms state "
    "none, and credit for amounts below 0. Invoices of 0 are left out.",
)
INVOICE_AMOUNT = _invoices.fact(
    "invoice_amount",
    ("invoice", "currency", "payment_status"),
    "Amount of the invoice, in the currency; negative for a credit.",
)
INVOICE_ISSUED = _invoices.fact(
    "invoice_issued_timestamp_seconds",
    ("invoice",),
    "Start of the day the invoice was issued on (UTC), Unix time.",
)
INVOICE_DUE = _invoices.fact(
    "invoice_due_timestamp_seconds",
    ("invoice",),
    "Last second of the day the invoice is due on (UTC), Unix time; derived from payment terms "
    "such as Net 30 and absent where they do not say.",
)
INVOICE_INFO = _invoices.fact(
    "invoice_info",
    ("invoice", "bill_to", "payment_terms", "po_number", "kind"),
    "Facts about the invoice; always 1.",
)
INVOICE_LINE_AMOUNT = _invoices.total(
    "invoice_line_amount", (*LINE, "currency"), "Sum of the invoice's lines, in the currency."
)
INVOICE_LINE_QUANTITY = _invoices.total(
    "invoice_line_quantity", (*LINE, "unit"), "Quantity of the invoice's lines, in the unit."
)

INVOICE_LINES_LAST_SUCCESS = _invoices.fact(
    "invoice_lines_last_success_timestamp_seconds",
    ("invoice",),
    "Start time of the last poll that read the invoice's lines, or confirmed those of a paid "
    "invoice, Unix time.",
)

_contracts = Subject("the contracts and the details of their newest and open billing periods")

CONTRACT_INFO = _contracts.fact(
    "contract_info",
    ("contract", "status", "commercial_model", "end_customer"),
    "Facts about the contract; always 1.",
)
CONTRACT_START = _contracts.fact(
    "contract_start_timestamp_seconds", ("contract",), "First second of the contract, Unix time."
)
CONTRACT_END = _contracts.fact(
    "contract_end_timestamp_seconds", ("contract",), "Last second of the contract, Unix time."
)
CONTRACT_RAMP_START = _contracts.fact(
    "contract_ramp_start_timestamp_seconds",
    ("contract",),
    "First second of the contract's ramp, Unix time.",
)
CONTRACT_RAMP_END = _contracts.fact(
    "contract_ramp_end_timestamp_seconds",
    ("contract",),
    "Last second of the contract's ramp, Unix time.",
)
CONTRACT_PERIOD_START = _contracts.fact(
    "contract_period_start_timestamp_seconds",
    ("contract", "period"),
    "First second of the billing period, Unix time; period is current for the newest one, previous "
    "for the one before, open for another one that is open, such as an annual one beside monthly "
    "ones.",
)
CONTRACT_PERIOD_END = _contracts.fact(
    "contract_period_end_timestamp_seconds",
    ("contract", "period"),
    "Last second of the billing period, Unix time.",
)
CONTRACT_PERIOD_CLOSED = _contracts.fact(
    "contract_period_closed",
    ("contract", "period"),
    "1 when the billing period is closed and its numbers are final, 0 while it is open.",
)
CONTRACT_PERIOD_LAST_SUCCESS = _contracts.fact(
    "contract_period_last_success_timestamp_seconds",
    ("contract", "period"),
    "Start time of the last poll that read the period's charges and wallets, or confirmed those of "
    "a closed period, Unix time.",
)
CHARGE_PREPAID = _contracts.total(
    "charge_prepaid_quantity", CHARGE, "Quantity paid in advance for the period, in the unit."
)
CHARGE_FAIR_USE = _contracts.total(
    "charge_fair_use_quantity", CHARGE, "Quantity included as fair use, in the unit."
)
CHARGE_ACTUAL = _contracts.total(
    "charge_actual_quantity", CHARGE, "Quantity used in the period so far, in the unit."
)
CHARGE_OVERAGE = _contracts.total(
    "charge_overage_quantity", CHARGE, "Quantity beyond what is prepaid or included, in the unit."
)
CHARGE_TOKENS = _contracts.total(
    "charge_tokens", CHARGE, "AI tokens that the used quantity was converted to."
)
CHARGE_OVERAGE_RATE = _contracts.fact(
    "charge_overage_rate", CHARGE_MONEY, "Price of one unit of overage, in the currency."
)
CHARGE_OVERAGE_AMOUNT = _contracts.total(
    "charge_overage_amount", CHARGE_MONEY, "Charge for the overage, in the currency."
)
WALLET_STARTING_BALANCE = _contracts.total(
    "wallet_starting_balance", WALLET, "Balance at the start of the period, in the unit."
)
WALLET_BALANCE = _contracts.total(
    "wallet_balance", WALLET, "Balance of the wallet as last reported, in the unit."
)
WALLET_CONSUMPTION = _contracts.total(
    "wallet_consumption", WALLET, "Quantity taken out by use in the period, in the unit."
)
WALLET_INCREASE = _contracts.total(
    "wallet_increase", WALLET, "Quantity added in the period, in the unit."
)
WALLET_DECREASE = _contracts.total(
    "wallet_decrease",
    WALLET,
    "Quantity removed in the period by a change of the contract, in the unit.",
)
WALLET_OVERAGE = _contracts.total(
    "wallet_overage", WALLET, "Quantity used beyond the balance, in the unit."
)
WALLET_OVERAGE_AMOUNT = _contracts.total(
    "wallet_overage_amount", WALLET_MONEY, "Charge for the wallet's overage, in the currency."
)
WALLET_OVERAGE_RATE = _contracts.fact(
    "wallet_overage_rate",
    WALLET_MONEY,
    "Price of one unit beyond the balance, in the currency.",
)
PLAN_ITEM_PRICE = _contracts.fact(
    "plan_item_price", (*PLAN_ITEM, "currency"), "Price of the plan's item, in the currency."
)
PLAN_ITEM_OVERAGE_PRICE = _contracts.fact(
    "plan_item_overage_price",
    (*PLAN_ITEM, "currency"),
    "Price of one unit of overage of the plan's item, in the currency.",
)
PLAN_ITEM_DISCOUNT_AMOUNT = _contracts.fact(
    "plan_item_discount_amount",
    (*PLAN_ITEM, "currency"),
    "Discount on the plan's item, in the currency.",
)
PLAN_ITEM_QUANTITY = _contracts.fact(
    "plan_item_quantity", (*PLAN_ITEM, "unit"), "Quantity agreed for the plan's item, in the unit."
)

_trustors = Subject("the trustees' billing overview of each customer organization")

TRUSTORS_WITHOUT_READING = _trustors.fact(
    "trustors_without_reading",
    (),
    "Listed customers whose overview has not been read yet, or not for longer than max_age; while "
    "there are any, sums over customers are too small.",
)
TRUSTOR_INFO = _trustors.fact(
    "trustor_info",
    (*TRUSTOR, "subscription", "currency"),
    "Facts about the customer organization; always 1.",
)
TRUSTOR_STATUS = _trustors.fact(
    "trustor_status",
    (*TRUSTOR, "status"),
    "1 for the status that the customer organization is in, 0 for the others.",
)
TRUSTOR_LAST_SUCCESS = _trustors.fact(
    "trustor_last_success_timestamp_seconds",
    TRUSTOR,
    "Start time of the last poll that read the customer's overview, Unix time; it stays when the "
    "customer's numbers have ended.",
)
TRUSTOR_USAGE = _trustors.total(
    "trustor_usage_quantity",
    TRUSTOR_CHARGE,
    "Quantity used in the period so far, in the unit, through the previous day; do not add up "
    "groupings.",
)
TRUSTOR_PREPAID = _trustors.total(
    "trustor_prepaid_quantity", TRUSTOR_CHARGE, "Quantity paid in advance, in the unit."
)
TRUSTOR_INCLUDED = _trustors.total(
    "trustor_included_quantity",
    TRUSTOR_CHARGE,
    "Quantity included as fair use or free tokens, in the unit, as a fair-use row states it; 0 "
    "where the prepaid quantity is that number already, so that prepaid plus included is the whole "
    "allowance; absent where no row states one or rows disagree.",
)
TRUSTOR_OVERAGE = _trustors.total(
    "trustor_overage_quantity",
    TRUSTOR_CHARGE,
    "Derived: quantity used beyond the prepaid and the included one, in the unit; absent for rows "
    "that repeat others (fair use, roll-ups but that of the AI tokens, storage categories) and "
    "where the allowance is not known.",
)
TRUSTOR_OVERAGE_PRICE = _trustors.fact(
    "trustor_overage_price",
    TRUSTOR_CHARGE_MONEY,
    "Price of one unit of overage, in the currency, without tax.",
)
TRUSTOR_PREPAID_PRICE = _trustors.fact(
    "trustor_prepaid_price",
    TRUSTOR_CHARGE_MONEY,
    "Price of one prepaid unit, in the currency, without tax.",
)
TRUSTOR_ESTIMATED_OVERAGE_AMOUNT = _trustors.total(
    "trustor_estimated_overage_amount",
    TRUSTOR_CHARGE_MONEY,
    "Estimated: overage times its price, in the currency, without tax and telephony; the invoice "
    "may differ.",
)
TRUSTOR_ESTIMATED_PREPAID_AMOUNT = _trustors.total(
    "trustor_estimated_prepaid_amount",
    TRUSTOR_CHARGE_MONEY,
    "Estimated: prepaid quantity times its price, in the currency, without tax; the invoice may "
    "differ.",
)
TRUSTOR_MINIMUM_MONTHLY_AMOUNT = _trustors.fact(
    "trustor_minimum_monthly_amount",
    (*TRUSTOR_PERIOD, "currency"),
    "Amount to pay each month whether used or not, in the currency.",
)
TRUSTOR_PERIOD_START = _trustors.fact(
    "trustor_period_start_timestamp_seconds",
    TRUSTOR_PERIOD,
    "First second of the billing period, Unix time.",
)
TRUSTOR_PERIOD_END = _trustors.fact(
    "trustor_period_end_timestamp_seconds",
    TRUSTOR_PERIOD,
    "Last second of the billing period, Unix time.",
)
TRUSTOR_CONTRACT_END = _trustors.fact(
    "trustor_contract_end_timestamp_seconds", TRUSTOR, "Last second of the contract, Unix time."
)
TRUSTOR_CONTRACT_EFFECTIVE = _trustors.fact(
    "trustor_contract_effective_timestamp_seconds",
    TRUSTOR,
    "When the contract took effect, Unix time.",
)
TRUSTOR_CONTRACT_AMENDED = _trustors.fact(
    "trustor_contract_amended_timestamp_seconds",
    TRUSTOR,
    "When the contract was last amended, Unix time.",
)
TRUSTOR_RAMP_END = _trustors.fact(
    "trustor_ramp_end_timestamp_seconds", TRUSTOR, "Last second of the ramp, Unix time."
)
TRUSTOR_IN_RAMP = _trustors.fact(
    "trustor_in_ramp", TRUSTOR, "1 while the customer is in its ramp, else 0."
)

USAGE_METRICS = _usage.metrics()
INVOICES_METRICS = _invoices.metrics()
CONTRACTS_METRICS = _contracts.metrics()
TRUSTORS_METRICS = _trustors.metrics()
