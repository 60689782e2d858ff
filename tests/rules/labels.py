"""Which labels the answer to an expression has, from those of the series that it names.

Where Prometheus would answer a slip with nothing, in silence, this raises: a series or label that
does not exist, two sides that can never match.
"""

from collections.abc import Mapping

import promql_parser as ast

Labels = frozenset[str]
NONE: Labels = frozenset()

_SET_OPERATORS = frozenset({"and", "unless"})
_WITHOUT_LABELS = frozenset({"absent", "vector"})


class NeverMatchesError(Exception):
    """The expression can have no answer, or not the one that it seems to ask for."""


def labels_of(expr: ast.Expr, series: Mapping[str, Labels]) -> Labels | None:
    """Return the labels of an answer, None for a plain number.

    Args:
        expr: the expression.
        series: the labels of each series that exists, by its name.

    Raises:
        NeverMatchesError: it names what does not exist, or joins what never matches.
    """
    match expr:
        case ast.VectorSelector() | ast.MatrixSelector():
            return _selected(getattr(expr, "vector_selector", expr), series)
        case ast.AggregateExpr():
            return _aggregated(expr, _vector(expr.expr, series))
        case ast.BinaryExpr():
            return _joined(expr, labels_of(expr.lhs, series), labels_of(expr.rhs, series))
        case ast.Call():
            given = [labels_of(each, series) for each in expr.args] or [None]
            return NONE if expr.func.name in _WITHOUT_LABELS else given[0]
        case ast.ParenExpr() | ast.SubqueryExpr() | ast.UnaryExpr():
            return labels_of(expr.expr, series)
        case _:
            return None


def _vector(expr: ast.Expr, series: Mapping[str, Labels]) -> Labels:
    labels = labels_of(expr, series)
    if labels is None:
        raise NeverMatchesError(f"a plain number has no labels: {expr.prettify()}")
    return labels


def _selected(selector: ast.VectorSelector, series: Mapping[str, Labels]) -> Labels:
    if selector.name not in series:
        raise NeverMatchesError(f"no such series: {selector.name}")
    labels = series[selector.name]
    _require({matcher.name for matcher in selector.matchers.matchers}, labels, selector)
    return labels


def _aggregated(expr: ast.AggregateExpr, inner: Labels) -> Labels:
    if expr.modifier is None:
        return NONE
    if "By" not in str(expr.modifier.type):
        raise NeverMatchesError(f"`without` keeps whatever a scrape adds: {expr.prettify()}")
    named = frozenset(expr.modifier.labels)
    _require(named, inner, expr)
    return inner if str(expr.op) in {"topk", "bottomk"} else named


def _joined(expr: ast.BinaryExpr, left: Labels | None, right: Labels | None) -> Labels | None:
    if left is None or right is None:
        return right if left is None else left
    matching = expr.modifier.matching if expr.modifier else None
    if matching is not None:
        _require(matching.labels, left & right, expr)
    elif left != right:
        raise NeverMatchesError(f"{set(left)} never match {set(right)}: {expr.prettify()}")
    if matching is None or str(expr.op) in _SET_OPERATORS:
        return left
    return _matched(expr, frozenset(matching.labels), left, right)


def _matched(expr: ast.BinaryExpr, on: Labels, left: Labels, right: Labels) -> Labels:
    """Return the labels of a join on some labels, of arithmetic or comparison."""
    brought = frozenset(expr.modifier.group_labels or ())
    match expr.modifier.card:
        case ast.VectorMatchCardinality.ManyToOne:
            many, one, one_side = left, right, expr.rhs
        case ast.VectorMatchCardinality.OneToMany:
            many, one, one_side = right, left, expr.lhs
        case _:
            return on
    _require(brought, one, expr)
    if several := one - on - brought - _fixed(one_side):
        raise NeverMatchesError(f"several {', '.join(several)} for each: {expr.prettify()}")
    return many | brought


def _fixed(expr: ast.Expr) -> Labels:
    """Return the labels for which a selector asks for one value."""
    if not isinstance(expr, ast.VectorSelector):
        return NONE
    asked = (matcher for matcher in expr.matchers.matchers if matcher.op == ast.MatchOp.Equal)
    return frozenset(matcher.name for matcher in asked)


def _require(named: set[str] | frozenset[str] | list[str], there: Labels, expr: ast.Expr) -> None:
    if missing := set(named) - there:
        raise NeverMatchesError(f"no such label: {', '.join(missing)} in {expr.prettify()}")
