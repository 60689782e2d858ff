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
            selector = expr.vector_selector if isinstance(expr, ast.MatrixSelector) else expr
            return _selected(selector, series)
        case ast.AggregateExpr():
            return _aggregated(expr, _vector(expr.expr, series))
        case ast.BinaryExpr():
            return _joined(expr, labels_of(expr.lhs, series), labels_of(expr.rhs, series))
        case ast.Call():
            given = [labels_of(each, series) for each in expr.args] or [None]
            return _called(expr, given[0])
        case ast.ParenExpr() | ast.SubqueryExpr() | ast.UnaryExpr():
            return labels_of(expr.expr, series)
        case _:
            return None


def _called(expr: ast.Call, given: Labels | None) -> Labels | None:
    if expr.func.name == "label_replace":
        return (given or NONE) | _text(expr.args[1])
    if expr.func.name == "scalar":
        return None
    return NONE if expr.func.name in _WITHOUT_LABELS else given


def _vector(expr: ast.Expr, series: Mapping[str, Labels]) -> Labels:
    labels = labels_of(expr, series)
    if labels is None:
        raise NeverMatchesError(f"a plain number has no labels: {expr.prettify()}")
    return labels


def _selected(selector: ast.VectorSelector, series: Mapping[str, Labels]) -> Labels:
    if selector.name is None or selector.name not in series:
        raise NeverMatchesError(f"no such series: {selector.name}")
    labels = series[selector.name]
    _require({matcher.name for matcher in selector.matchers.matchers}, labels, selector)
    return labels


def _text(literal: ast.Expr | None) -> Labels:
    return frozenset({literal.val}) if isinstance(literal, ast.StringLiteral) else NONE


def _aggregated(expr: ast.AggregateExpr, inner: Labels) -> Labels:
    new = _text(expr.param)  # that of count_values
    if expr.modifier is None:
        return new
    if "By" not in str(expr.modifier.type):
        raise NeverMatchesError(f"`without` keeps whatever a scrape adds: {expr.prettify()}")
    named = frozenset(expr.modifier.labels)
    _require(named, inner, expr)
    return inner if str(expr.op) in {"topk", "bottomk"} else named | new


def _joined(expr: ast.BinaryExpr, left: Labels | None, right: Labels | None) -> Labels | None:
    if left is None or right is None:
        return right if left is None else left
    modifier = expr.modifier
    if modifier is None or modifier.matching is None:
        if left != right:
            raise NeverMatchesError(f"{set(left)} never match {set(right)}: {expr.prettify()}")
        return left
    if modifier.matching.type != ast.LabelModifierType.Include:
        raise NeverMatchesError(f"`ignoring` joins on whatever a scrape adds: {expr.prettify()}")
    on = frozenset(modifier.matching.labels)
    _require(on, left & right, expr)
    if str(expr.op) in _SET_OPERATORS:
        return left
    if str(expr.op) == "or":
        return left | right
    return _matched(expr, modifier, on, left, right)


def _matched(
    expr: ast.BinaryExpr, modifier: ast.BinModifier, on: Labels, left: Labels, right: Labels
) -> Labels:
    """Return the labels of a join on some labels, of arithmetic or comparison."""
    brought = frozenset(modifier.group_labels or ())
    match modifier.card:
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


def _require(named: set[str] | frozenset[str], there: Labels, expr: ast.Expr) -> None:
    if missing := set(named) - there:
        raise NeverMatchesError(f"no such label: {', '.join(missing)} in {expr.prettify()}")
