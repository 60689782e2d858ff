"""Growth: where the current period will end, against the previous one."""

from tools.dashboards.charges import CHARGE
from tools.dashboards.panels import MONEY, QUANTITY, Unit
from tools.dashboards.queries import CURRENT, PREVIOUS, Scope
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import written

RISES, FALLS = 10, 5
_OF_EACH = 3  # customer: one that doubles all its usage must not hide the others
_CHANGE = Unit("percentunit", 0)
_EARLY = 0.1  # of a period: the pace of so few days says little, for the rules as well


def changed_most(scope: Scope, link: str) -> dashboard.Panel:
    """Show the charges whose projection differs most from the previous period.

    Args:
        scope: the choices of the dashboard.
        link: where a click on a customer leads.
    """
    projected = scope.recorded("organization_trustor_charge:usage_quantity:projected")
    previous = scope.one("trustor_usage_quantity", PREVIOUS, by=CHARGE)
    billed = scope.one("trustor_overage_quantity", CURRENT, by=CHARGE)
    floor = written("zero_previous_quantity")
    elapsed = scope.recorded("organization_trustor:period_elapsed:ratio")
    change = (
        f"({projected} / on ({CHARGE}) ({previous} >= {floor}) - 1) "
        f"and on (organization, trustor, trustor_id) {elapsed} >= {_EARLY} "
        f"and on ({CHARGE}) {billed}"
    )
    each = f"by (organization, trustor_id) ({_OF_EACH}, {change})"
    rows = f"(topk({RISES}, topk {each}) or bottomk({FALLS}, bottomk {each}))"

    def among(series: str) -> str:
        return f"{series} and on ({CHARGE}) {rows}"

    amount = scope.one("trustor_estimated_overage_amount", CURRENT)
    return grid(
        "Charges whose usage changed most",
        f"The {RISES} charges whose projected usage at the period's end rises most above the "
        f"previous period's, and the {FALLS} that fall most below it, of those with at least "
        f"{floor} units then; no more than {_OF_EACH} of a customer each way. Periods that have "
        "just begun are left out. What adds up goes on at its pace, licences and other high-water "
        "marks stay as they are (from the recording rules).",
        [
            Label("trustor", "Customer", width=210, link=(link, "Show this customer")),
            Label("charge", "Charge", width=250),
            Label("unit", "Unit", width=90),
            Label("currency", "Currency", width=90),
            *(Label(name) for name in ("organization", "trustor_id", "part_number", "grouping")),
            Label("period"),
        ],
        [
            Column("Change", among(change), _CHANGE, width=100),
            Column("Previous period", among(previous), QUANTITY),
            Column(
                "So far",
                among(scope.one("trustor_usage_quantity", CURRENT, by=CHARGE)),
                QUANTITY,
            ),
            Column("At period end", among(projected), QUANTITY),
            Column("Overage so far", among(amount), MONEY),
        ],
        sort="Change",
    )
