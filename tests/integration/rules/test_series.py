"""The rules name only what exists, join only what can match, and record what their names say."""

import re
from pathlib import Path

import promql_parser as ast
import pytest

from billing_exporter.collectors.registry import CATALOGUE
from billing_exporter.metrics.family import PREFIX
from billing_exporter.metrics.finance import BILL, PLAN
from billing_exporter.metrics.forecasts import QUALITY
from billing_exporter.telemetry.catalogue import OWN
from tests.integration.rules.labels import Labels, NeverMatchesError, labels_of
from tests.integration.rules.rulebook import RUNBOOKS, alerts, queries, records, rules

_SCRAPE = frozenset({"job", "instance"})
# What a level stands for, beyond the label of its own name. A charge or wallet is more than its
# name, and more of a customer's than of a contract's.
_LEVELS = {
    "trustor": frozenset({"trustor_id"}),
    "trustor_charge": frozenset({"part_number", "grouping", "unit"}),
    "contract_charge": frozenset({"sku", "unit"}),
    "wallet": frozenset({"sku", "unit"}),
    "invoice_currency": frozenset({"bill_to"}),
}


def _exposed() -> dict[str, Labels]:
    """Return the labels of each series that Prometheus scrapes from the exporter."""
    sections = (*CATALOGUE.values(), QUALITY, BILL, PLAN)
    billing = [metric for metrics in sections for metric in metrics]
    return {
        **{each.name: frozenset(each.all_labels) | _SCRAPE for each in billing},
        **{each.full_name: frozenset(each.labels) | _SCRAPE for each in OWN},
        "process_start_time_seconds": _SCRAPE,
        "up": _SCRAPE,
    }


def _known() -> dict[str, Labels]:
    """Return the labels of each series that is scraped or recorded."""
    known = _exposed()
    waiting = {name: rule["expr"] for name, rule in records().items()}
    while waiting:
        ready = [name for name, expr in waiting.items() if not _named(expr) & set(waiting)]
        assert ready, f"records that need each other, or themselves: {sorted(waiting)}"
        for name in ready:
            labels = labels_of(ast.parse(waiting.pop(name)), known)
            known[name] = (labels or frozenset()) | _added(name)
    return known


def _added(name: str) -> Labels:
    """Return the labels that rules of a name add."""
    return frozenset(
        label for rule in rules() if rule.get("record") == name for label in rule.get("labels", ())
    )


def _named(expr: str) -> set[str]:
    """Return the names of recorded series in an expression; they have colons."""
    names: set[str] = set()
    parsed = ast.parse(expr)
    ast.walk(parsed, lambda node: names.add(getattr(node, "name", None) or ""))
    selectors = (getattr(node, "vector_selector", None) for node in _nodes(parsed))
    return {name for name in names | {each.name for each in selectors if each} if ":" in name}


def _nodes(expr: ast.Expr) -> list[ast.Expr]:
    found: list[ast.Expr] = []
    ast.walk(expr, found.append)
    return found


def _level_labels(level: str) -> set[str]:
    words = level.split("_")
    labels = set(words)
    for name, more in _LEVELS.items():
        if set(name.split("_")) <= set(words):
            labels |= more
    return labels


KNOWN = _known()


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.get("alert") or rule["record"])
def test_expressions_can_have_an_answer(rule: dict[str, str]) -> None:
    """Every series and label exists; both sides of every join have what they are joined on."""
    labels_of(ast.parse(rule["expr"]), KNOWN)


@pytest.mark.parametrize("name", records())
def test_levels_are_the_labels_that_are_kept(name: str) -> None:
    """A record is named ``level:metric:operation``, and its level tells its labels."""
    level, metric, operation = name.split(":")
    assert metric, operation
    expected = set() if level == PREFIX.rstrip("_") else _level_labels(level)
    assert KNOWN[name] == expected | _added(name)


@pytest.mark.parametrize("name", alerts())
def test_annotations_name_labels_that_alerts_have(name: str) -> None:
    """Every label in an annotation is one of the alert's, and every query in it can be answered."""
    rule = alerts()[name]
    labels = labels_of(ast.parse(rule["expr"]), KNOWN)
    for text in rule["annotations"].values():
        named = set(re.findall(r"\$labels\.(\w+)", text))
        assert named <= (labels or frozenset())
        for query in queries(text):
            labels_of(ast.parse(query), KNOWN)


@pytest.mark.parametrize("page", sorted(RUNBOOKS.glob("*.md")), ids=lambda page: page.stem)
def test_runbooks_ask_what_can_be_answered(page: Path) -> None:
    """Every query in a runbook parses and names what exists; a block is one or one a line."""
    for block in page.read_text(encoding="utf-8").split("```promql\n")[1:]:
        text = block.split("\n```")[0]
        for query in [text] if _parses(text) else text.splitlines():
            if "__name__" not in query:
                labels_of(ast.parse(query), KNOWN)


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except ValueError:
        return False
    return True


def test_currencies_and_groupings_are_never_added_up() -> None:
    """A sum of amounts keeps the currency, and one of quantities the charge and its unit."""
    for rule in rules():
        for node in _nodes(ast.parse(rule["expr"])):
            if isinstance(node, ast.AggregateExpr) and str(node.op) == "sum":
                text = node.expr.prettify()
                money = re.search("amount|(?<!un)price|rate{", text)
                kept = node.modifier.labels if node.modifier else []
                assert not money or "currency" in kept
                of_one_charge = {"charge", "sku", "unit"} <= set(kept)
                assert money or of_one_charge or "quantity" not in text


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("genesyscloud_billing_upp", "no such series"),
        ('genesyscloud_billing_up{collectr="x"}', "no such label: collectr"),
        ("sum by (currency) (genesyscloud_billing_up)", "no such label: currency"),
        ("genesyscloud_billing_up * genesyscloud_billing_invoices", "never match"),
        ("genesyscloud_billing_up * ignoring (job) genesyscloud_billing_up", "`ignoring` joins"),
        ("sum without (job) (genesyscloud_billing_up)", "`without` keeps"),
        (
            "genesyscloud_billing_invoices * on (job) group_left () genesyscloud_billing_up",
            "several",
        ),
    ],
)
def test_slips_are_found(expression: str, says: str) -> None:
    """What Prometheus would answer with nothing, or only once data comes, is an error here."""
    with pytest.raises(NeverMatchesError, match=says):
        labels_of(ast.parse(expression), KNOWN)
