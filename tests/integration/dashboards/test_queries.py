"""What the dashboards ask: for what there is, for what is chosen, nothing added up wrongly."""

import re

import pytest

from tests.integration.dashboards import labels, promql
from tests.integration.dashboards.boards import BOARDS, all_panels, all_questions, questions
from tests.integration.dashboards.resolving import ALL, label_values, resolved, several
from tools.dashboards.catalogue import LABELS, labels_of
from tools.dashboards.queries import Scope, count, either

QUESTIONS = [(each.place, promql.parsed(each.expr)) for each in all_questions()]
OVERAGE = "organization_trustor_charge:overage_quantity:max"
ELAPSED = "organization_trustor:period_elapsed:ratio"


def test_names() -> None:
    """Every series exists in the catalogue or in the rules, and no label is named in vain."""
    assert [(where, each) for where, expr in QUESTIONS for each in labels.in_vain(expr)] == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("max by (organization, bogus) (genesyscloud_billing_up)", ["by: bogus"]),
        ("max by (organization, trustor) (genesyscloud_billing_up)", ["by: trustor"]),
        ('genesyscloud_billing_up{trustor="x"}', ["genesyscloud_billing_up: trustor"]),
        (f'{OVERAGE}{{invoice="x"}}', [f"{OVERAGE}: invoice"]),
        (f'{OVERAGE}{{job="x"}}', [f"{OVERAGE}: job"]),
        (f'rate({OVERAGE}{{invoice="x"}}[5m])', [f"{OVERAGE}: invoice"]),
        (
            f"sum by (organization, invoice) (max by (trustor) ({OVERAGE}))",
            ["by: organization", "by: invoice"],
        ),
        (f"{OVERAGE} and on (organization, invoice) {OVERAGE}", ["on: invoice", "on: invoice"]),
        (f"{OVERAGE} * on (organization) group_left (bogus) {ELAPSED}", ["group: bogus"]),
        (f"{OVERAGE} * on (trustor, unit) group_left () {ELAPSED}", ["on: unit"]),
        (f"{ELAPSED} * on (trustor) group_right (sku) {OVERAGE}", ["group: sku"]),
        (f"sum by (unit) ({OVERAGE} * on (trustor) {ELAPSED})", ["by: unit"]),
    ],
)
def test_labels_named_in_vain(query: str, found: list[str]) -> None:
    """A label that the series beneath it cannot have is reported."""
    assert list(labels.in_vain(promql.parsed(query))) == found


@pytest.mark.parametrize(
    "query",
    [
        'max by (job, instance, collector) (genesyscloud_billing_up{instance="x"})',
        f'max by (organization, unit) ({OVERAGE}{{trustor_id="x"}})',
        f'max by (made) (label_replace({OVERAGE}, "made", "$1", "unit", "(.*)"))',
        f"sum by (unit) (topk by (trustor) (1, {OVERAGE}))",
        f"sum by (unit) ({OVERAGE} * on (trustor) group_left () {ELAPSED})",
        f"sum by (unit) ({ELAPSED} * on (trustor) group_right () {OVERAGE})",
        f"sum by (unit) ({OVERAGE} unless on (trustor) {ELAPSED} > 1)",
        f"sum by (unit) ({OVERAGE} * 2 or on (trustor) {ELAPSED})",
    ],
)
def test_labels_that_there_are(query: str) -> None:
    """A label of the series, of the scrape or of ``label_replace`` is no finding."""
    assert list(labels.in_vain(promql.parsed(query))) == []


@pytest.mark.parametrize("name", BOARDS)
def test_variables_list_what_there_is(name: str) -> None:
    """Each choice lists a label of series that exist, and follows only choices left of it."""
    chosen = {"datasource": ""}
    for variable in BOARDS[name]["templating"]["list"][1:]:
        if variable["type"] == "query":
            resolved(variable["query"], chosen)
            assert labels.listed_in_vain(variable["query"]) == [], variable["name"]
            assert variable["definition"] == variable["query"]
        chosen[variable["name"]] = ALL


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("label_values(genesyscloud_billing_upp, job)", ["no series genesyscloud_billing_upp"]),
        ("label_values(genesyscloud_billing_up, trustor)", ["genesyscloud_billing_up: trustor"]),
        (f'label_values({OVERAGE}{{job="x"}}, trustor)', [f"{OVERAGE}: job"]),
        (
            'label_values({__name__=~"genesyscloud_billing_(invoices|invoice)"}, currency)',
            ["no series genesyscloud_billing_invoice"],
        ),
        (
            'label_values({__name__=~"genesyscloud_billing_(invoices|up)"}, currency)',
            ["genesyscloud_billing_up: currency"],
        ),
        ('label_values({__name__=~"genesyscloud_billing_(invoices|up)"}, organization)', []),
    ],
)
def test_lists_in_vain(query: str, found: list[str]) -> None:
    """A choice of a series or label that is not there is reported, also one of several series."""
    assert labels.listed_in_vain(query) == found


@pytest.mark.parametrize("name", BOARDS)
def test_questions_name_choices_that_there_are(name: str) -> None:
    """A query of a panel or an annotation has no variable that its dashboard does not offer."""
    chosen = {each["name"]: ALL for each in BOARDS[name]["templating"]["list"]}
    for question in questions(name):
        assert resolved(question.expr, chosen), question.place


def test_annotations_name_labels_that_there_are() -> None:
    """The words at a mark name labels that its series have."""
    for name, board in BOARDS.items():
        for mark in board["annotations"]["list"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", mark["titleFormat"] + mark["textFormat"]))
            assert named <= labels.answered(promql.parsed(mark["expr"])), name


def test_levels() -> None:
    """What is computed of a record's labels has those that its name begins with."""
    for name in labels.RECORDS:
        level = name.partition(":")[0]
        if level.startswith("organization"):
            assert labels.shown(name).issuperset(level.split("_")), name


def test_choices_are_followed() -> None:
    """Every series is narrowed to the chosen jobs and organizations, if it can be."""
    for where, expr in QUESTIONS:
        for selector in promql.selectors(expr):
            name, chosen = promql.name_of(selector), promql.matchers(selector)
            if name not in labels.RECORDS and name not in labels.ALERTS:
                assert chosen["job"] == "chosen", where
            if "organization" in LABELS.get(name, ()):
                assert chosen["organization"] == "chosen", where


def test_currencies_are_never_added_up() -> None:
    """A sum of amounts, or of what prices come to, keeps the currency."""
    for where, expr in QUESTIONS:
        for kept, names in promql.sums(expr):
            if any("amount" in name or "price" in name for name in names):
                assert "currency" in kept, where


def test_groupings_are_never_added_up() -> None:
    """No sum is taken of quantities whose rows may repeat one another, but where only rows with an
    overage are left: these repeat no other.
    """
    for where, expr in QUESTIONS:
        for _, names in promql.sums(expr):
            if "genesyscloud_billing_trustor_overage_quantity" not in names:
                assert not re.search("trustor_(usage|prepaid)_quantity", " ".join(names)), where


def test_legends() -> None:
    """A legend names labels that the answer can have."""
    for where, panel in all_panels():
        for target in panel["targets"]:
            named = set(re.findall(r"\{\{(\w+)\}\}", target.get("legendFormat", "")))
            assert named <= labels.answered(promql.parsed(target["expr"])), where


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


def test_several_values() -> None:
    """Several values are an alternative in which each stands for itself; one stands alone."""
    assert several(["a", "b"]) == "(a|b)"
    assert several(["Ltd. (UK)"]) == r"Ltd\\. \\(UK\\)"
    names = ["Ltd. (UK)", "a|b", "c\\d", "x"]
    (selector,) = promql.selectors(promql.parsed(f'up{{organization=~"{several(names)}"}}'))
    pattern = promql.matchers(selector)["organization"]
    assert [
        each for each in (*names, "LtdX (UK)", "a", "b") if re.fullmatch(pattern, each)
    ] == names
