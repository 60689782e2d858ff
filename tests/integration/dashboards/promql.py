"""What an expression names: its series with their labels, its groupings."""

from collections.abc import Iterator

import promql_parser as ast

from tests.integration.dashboards.resolving import resolved


class _Anything(dict[str, str]):
    """Has a value for every variable."""

    def __missing__(self, key: str) -> str:
        return "chosen"


def parsed(expression: str) -> ast.Expr:
    """Parse an expression that still has Grafana's variables."""
    return ast.parse(resolved(expression, _Anything()))


def nodes(expr: ast.Expr) -> Iterator[ast.Expr]:
    """Yield an expression and all expressions within it."""
    yield expr
    for child in children(expr):
        yield from nodes(child)


def children(expr: ast.Expr) -> list[ast.Expr]:
    """List the expressions that one is directly made of."""
    found = [getattr(expr, name, None) for name in ("lhs", "rhs", "expr", "vector_selector")]
    found += getattr(expr, "args", None) or ()
    return [each for each in found if isinstance(each, ast.Expr)]


def selectors(expr: ast.Expr) -> list[ast.VectorSelector]:
    """List the selectors within an expression."""
    return [node for node in nodes(expr) if isinstance(node, ast.VectorSelector)]


def name_of(selector: ast.VectorSelector) -> str:
    """Return the name of a selector's series; each has one here."""
    assert selector.name is not None, selector.prettify()
    return selector.name


def matchers(selector: ast.VectorSelector) -> dict[str, str]:
    """Return a selector's matchers: label -> value."""
    return {matcher.name: matcher.value for matcher in selector.matchers.matchers}


def sums(expr: ast.Expr) -> Iterator[tuple[list[str], list[str]]]:
    """Yield for each sum the labels it keeps and the names of the series it adds up."""
    for node in nodes(expr):
        if isinstance(node, ast.AggregateExpr) and str(node.op) == "sum":
            kept = node.modifier.labels if node.modifier else []
            assert not node.modifier or node.modifier.type == ast.AggModifierType.By, (
                node.prettify()
            )
            yield list(kept), [name_of(each) for each in selectors(node.expr)]
