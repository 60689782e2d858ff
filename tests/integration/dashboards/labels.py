"""Which labels the answer of an expression can have, and which labels it names in vain."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

import promql_parser as ast
import yaml

from tests.integration.dashboards import promql
from tests.integration.dashboards.boards import RULES
from tests.integration.dashboards.resolving import label_values
from tools.dashboards.catalogue import LABELS

OF_THE_SCRAPE = frozenset({"job", "instance"})
_ALL_RULES = [
    rule
    for path in RULES
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
RECORDS: dict[str, str] = {rule["record"]: rule["expr"] for rule in _ALL_RULES if "record" in rule}
ALERT_EXPRESSIONS: list[str] = [rule["expr"] for rule in _ALL_RULES if "alert" in rule]
ALERTS = ("ALERTS", "ALERTS_FOR_STATE")
_CHOOSING = {"topk", "bottomk"}  # these give some of their series, with all labels
_ONE_OF = re.compile(r"(\w*)\((\w+(?:\|\w+)*)\)")


@cache
def shown(name: str) -> frozenset[str]:
    """Return the labels that series of a name can have."""
    if name in LABELS:
        return OF_THE_SCRAPE.union(LABELS[name])
    if name in RECORDS:
        return answered(ast.parse(RECORDS[name]))
    if name in ALERTS:
        return _of_alerts()
    assert name.startswith("process_"), f"nobody shows {name}"
    return OF_THE_SCRAPE


@cache
def _of_alerts() -> frozenset[str]:
    """Return the labels that alerts can have: their own, and those of their expressions."""
    own = {"alertname", "alertstate", "severity"}
    return frozenset(own).union(*(answered(ast.parse(expr)) for expr in ALERT_EXPRESSIONS))


def answered(expr: ast.Expr) -> frozenset[str]:
    """Return the labels that the answer of an expression can have."""
    if isinstance(expr, ast.VectorSelector):
        return shown(promql.name_of(expr))
    if isinstance(expr, ast.AggregateExpr):
        kept = frozenset(_grouping(expr))
        return answered(expr.expr) if str(expr.op) in _CHOOSING else kept
    if isinstance(expr, ast.BinaryExpr):
        return _answered_by_two(expr)
    inner = frozenset[str]().union(*map(answered, promql.children(expr)))
    if isinstance(expr, ast.Call) and expr.func.name == "label_replace":
        return inner | {_made(expr)}
    if isinstance(expr, ast.Call) and expr.func.name == "histogram_quantile":
        return inner - {"le"}
    return inner


def in_vain(expr: ast.Expr) -> Iterator[str]:
    """Say for each label in a matcher or in a grouping that is not there what names it."""
    for node in promql.nodes(expr):
        if isinstance(node, ast.VectorSelector):
            name = promql.name_of(node)
            yield from _missing(promql.matchers(node), shown(name), name)
        if isinstance(node, ast.AggregateExpr):
            yield from _missing(_grouping(node), answered(node.expr), "by")
        if isinstance(node, ast.BinaryExpr):
            one = node.lhs if _card(node) == ast.VectorMatchCardinality.OneToMany else node.rhs
            for side in (node.lhs, node.rhs):
                yield from _missing(_matched(node) or (), answered(side), "on")
            yield from _missing(_taken_over(node), answered(one), "group")


def listed_in_vain(query: str) -> list[str]:
    """Return which series and labels a variable's query names that are not there."""
    series, label = label_values(query)
    (selector,) = promql.selectors(promql.parsed(series))
    matchers = promql.matchers(selector)
    pattern = matchers.pop("__name__", "")
    names = [selector.name] if selector.name else _alternatives(pattern)
    gone = [f"no series {name}" for name in names if name not in LABELS.keys() | RECORDS.keys()]
    return gone or [
        fault for name in names for fault in _missing([*matchers, label], shown(name), name)
    ]


def _alternatives(pattern: str) -> list[str]:
    """Return the names that a regular expression such as ``a_(b|c)`` stands for."""
    found = _ONE_OF.fullmatch(pattern)
    assert found, f"not a choice of names that is understood: {pattern}"
    return [found[1] + each for each in found[2].split("|")]


def _missing(named: Iterable[str], there: frozenset[str], place: str) -> list[str]:
    return [f"{place}: {label}" for label in named if label not in there]


def _answered_by_two(expr: ast.BinaryExpr) -> frozenset[str]:
    left, right = answered(expr.lhs), answered(expr.rhs)
    card = _card(expr)
    if str(expr.op) in {"and", "unless"}:
        return left
    if card == ast.VectorMatchCardinality.ManyToOne:
        return left.union(_taken_over(expr))
    if card == ast.VectorMatchCardinality.OneToMany:
        return right.union(_taken_over(expr))
    matched = _matched(expr)
    return left | right if matched is None or str(expr.op) == "or" else frozenset(matched)


def _grouping(expr: ast.AggregateExpr) -> list[str]:
    if expr.modifier is None:
        return []
    assert expr.modifier.type == ast.AggModifierType.By, expr.prettify()
    return list(expr.modifier.labels)


def _card(expr: ast.BinaryExpr) -> object:
    return expr.modifier.card if expr.modifier else None


def _matched(expr: ast.BinaryExpr) -> list[str] | None:
    """Return the labels of ``on``; nothing where all labels are matched."""
    matching = expr.modifier.matching if expr.modifier else None
    if matching is None:
        return None
    assert matching.type == ast.LabelModifierType.Include, expr.prettify()
    return list(matching.labels)


def _taken_over(expr: ast.BinaryExpr) -> list[str]:
    """Return the labels of ``group_left`` and ``group_right``."""
    return list((expr.modifier.group_labels if expr.modifier else None) or ())


def _made(call: ast.Call) -> str:
    """Return the label that ``label_replace`` makes."""
    label = call.args[1]
    assert isinstance(label, ast.StringLiteral), call.prettify()
    return str(label.val)
