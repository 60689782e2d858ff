"""Plans of contracts: what each item of a plan costs, as samples."""

from collections import Counter
from collections.abc import Mapping

from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import BillingPlan, BillingPlanItem
from billing_exporter.metrics import catalogue
from billing_exporter.metrics.samples import Samples, extended, labels


def expose_plan(samples: Samples, contract: str, plan: BillingPlan) -> None:
    """Add the prices and quantities of a plan's items."""
    known = {(label(item.name), label(item.item_number)) for item in plan.items}
    names = Counter(name for name, _ in known)
    for item in plan.items:
        name = _item_name(item, names)
        if not name:
            samples.drop("missing")
            continue
        of_item = labels(catalogue.PLAN_ITEM, contract, label(plan.name) or label(plan.id), name)
        unit = extended(of_item, catalogue.PLAN_ITEM_QUANTITY.labels, label(item.unit_of_measure))
        samples.add(catalogue.PLAN_ITEM_QUANTITY, unit, item.quantity)
        money = (
            (catalogue.PLAN_ITEM_PRICE, item.price),
            (catalogue.PLAN_ITEM_OVERAGE_PRICE, item.overage_price),
            (catalogue.PLAN_ITEM_DISCOUNT_AMOUNT, item.discount_amount),
        )
        for metric, amount in money:
            samples.add_money(metric, of_item, label(item.currency_iso_code), amount)


def _item_name(item: BillingPlanItem, names: Mapping[str, int]) -> str:
    """Return the item's name, with its number where the plan has several of that name."""
    name, number = label(item.name), label(item.item_number)
    if not name or not number:
        return name or number
    return f"{name} ({number})" if names[name] > 1 else name
