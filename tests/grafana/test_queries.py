"""What the dashboards ask: for what there is, for what is chosen, nothing added up wrongly."""

import re

import pytest
import yaml

from grafana.catalogue import LABELS, labels_of
from grafana.queries import Scope, count, either
from tests.grafana import promql
from tests.grafana.boards import RULES, all_panels, all_questions
from tests.grafana.resolving import label_values, resolved

QUESTIONS = [(each.place, promql.parsed(each.expr)) for each in all_questions()]
RECORDS = {
    rule["record"]
    for path in RULES
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
    if "record" in rule
}
LABEL_NAMES = {label for labels in LABELS.values() for label in labels}
OF_THE_SCRAPE = {"job", "instance"}


def labels_shown(name: str) -> set[str]:
    """Return the labels that series of a name can have, as far as is known."""
    if name in LABELS:
        return {*LABELS[name], *OF_THE_SCRAPE}
    if name in RECORDS:
        return LABEL_NAMES
    assert name.startswith("process_"), f"nobody shows {name}"
    return OF_THE_SCRAPE


def test_names() -> None:
    """Every series exists in the catalogue or in the rules, and has the labels it is chosen by."""
    for where, expr in QUESTIONS:
        for selector in promql.selectors(expr):
            assert set(promql.matchers(selector)) <= labels_shown(promql.name_of(selector)), where


def test_choices_are_followed() -> None:
    """Every series is narrowed to the chosen jobs and organizations, if it can be."""
    for where, expr in QUESTIONS:
        for selector in promql.selectors(expr):
            name, chosen = promql.name_of(selector), promql.matchers(selector)
            if name not in RECORDS:
                assert chosen["job"] == "chosen", where
            if "organization" in LABELS.get(name, ()):
                assert chosen["organization"] == "chosen", where


def test_currencies_are_never_added_up() -> None:
    """A sum of amounts keeps the currency."""
    for where, expr in QUESTIONS:
        for kept, names in promql.sums(expr):
            if any("amount" in name for name in names):
                assert "currency" in kept, where


def test_groupings_are_never_added_up() -> None:
    """No sum is taken of quantities whose rows may repeat one another."""
    for where, expr in QUESTIONS:
        for _, names in promql.sums(expr):
            assert not re.search("trustor_(usage|prepaid)_quantity", " ".join(names)), where


def test_legends() -> None:
    """A legend names labels that its series can have."""
    for where, panel in all_panels():
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
            found = promql.selectors(promql.parsed(target["expr"]))
            shown = (labels_shown(promql.name_of(each)) for each in found)
            assert named <= set().union(*shown), where


def test_scope_follows_its_variables() -> None:
    """A selector has a matcher for each variable whose label the metric has, and for no other."""
    scope = Scope(("organization", "trustor"))
    assert scope.select("invoices", 'x="1"') == (
        'genesyscloud_billing_invoices{job=~"$job", organization=~"$organization", x="1"}'
    )
    assert scope.recorded("organization_trustor:period_elapsed:ratio") == (
        'organization_trustor:period_elapsed:ratio{organization=~"$organization", '
        'trustor=~"$trustor"}'
    )


def test_scope_at_the_end() -> None:
    """The same choice can be looked at as it is at the end of the time range."""
    scope = Scope(())
    assert scope.at_end.select("up") == 'genesyscloud_billing_up{job=~"$job"} @ end()'
    assert scope.select("up") == 'genesyscloud_billing_up{job=~"$job"}'


def test_ended_contracts_are_left_out() -> None:
    """What belongs to a contract is shown while its newest period is open."""
    assert Scope(()).in_open_periods("x") == (
        "(x and on (organization, contract) max by (organization, contract) "
        '(genesyscloud_billing_contract_period_closed{job=~"$job", period="current"}) == 0)'
    )


def test_unknown_metric() -> None:
    """A metric that the exporter does not show is refused when the dashboard is built."""
    with pytest.raises(KeyError):
        labels_of("invoces")


def test_count_and_either() -> None:
    """A count is 0 only where there is something to count; a sum does with one of two."""
    assert count("x", "> 0") == "count(x > 0) or 0 * count(x)"
    assert either("a", "b") == "(a + b) or a or b"


def test_resolving() -> None:
    """Variables are replaced in both spellings, and one that there is not is an error."""
    assert resolved('x{a="$job"}[$__range] ${job:regex}', {"job": "j"}) == 'x{a="j"}[60s] j'
    with pytest.raises(KeyError):
        resolved("$other", {})
    assert label_values("label_values(up{a='b'}, job)") == ("up{a='b'}", "job")
