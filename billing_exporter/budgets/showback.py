"""Showback: charges are allocated to groups, to the last digit. Pure."""

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Context, Decimal

from billing_exporter.budgets.matching import Matcher, Unmatched, unmatched
from billing_exporter.budgets.settings import Group, Showback
from billing_exporter.reconciliation.tolerance import subunit

UNALLOCATED = "unallocated"
_EXACT = Context(prec=60)


def split(amount: Decimal, weights: Mapping[str, Decimal], currency: str) -> dict[str, Decimal]:
    """Divide an amount by weights; the parts add up to it exactly.

    Each gets its share in whole subunits, the rest goes to the largest remainders, one subunit
    each, ties by name; what is less than a subunit goes to the largest of all.
    """
    unit, whole = subunit(currency), sum(weights.values(), Decimal(0))
    size = abs(amount)
    shares = {
        name: _EXACT.divide(_EXACT.multiply(size, weight), whole)
        for name, weight in weights.items()
    }
    parts = {name: share.quantize(unit, ROUND_FLOOR, _EXACT) for name, share in shares.items()}
    rest = _EXACT.subtract(size, sum(parts.values(), Decimal(0)))
    order = sorted(parts, key=lambda name: (parts[name] - shares[name], name))
    place = 0
    while rest > 0:
        name = order[place % len(order)]
        part = min(unit, rest)
        parts[name] = _EXACT.add(parts[name], part)
        rest = _EXACT.subtract(rest, part)
        place += 1
    return parts if amount >= 0 else {name: part.copy_negate() for name, part in parts.items()}


class _Rule:
    def __init__(self, group: Group) -> None:
        self.weights = {group.to: Decimal(1)} if group.to else dict(group.split or {})
        self.organizations = Matcher(group.organizations)
        self.customers = None if group.customers is None else Matcher(group.customers)
        self.charges = Matcher(group.charges)

    def fits(self, organization: str, customer: tuple[str, ...], charge: tuple[str, ...]) -> bool:
        # All are asked, so that a pattern is unmatched for its own sake alone.
        fitting = (
            self.organizations.fits(organization),
            self.customers is None or bool(customer and self.customers.fits(*customer)),
            self.charges.fits(*charge),
        )
        return all(fitting)


class Allocation:
    """One allocation of the configuration."""

    def __init__(self, settings: Showback) -> None:
        self.name = settings.name
        self._rules = [_Rule(group) for group in settings.groups]

    @property
    def groups(self) -> list[str]:
        """The groups, with the one of what nothing matches."""
        named = (name for rule in self._rules for name in rule.weights)
        return list(dict.fromkeys([*named, UNALLOCATED]))

    @property
    def unmatched(self) -> Unmatched:
        """The patterns that have matched nothing."""
        return unmatched(
            [(rule.organizations, rule.customers, rule.charges) for rule in self._rules]
        )

    def weights(
        self, organization: str, customer: tuple[str, ...], charge: tuple[str, ...]
    ) -> Mapping[str, Decimal]:
        """Return who bears a charge, by weight.

        Args:
            organization: its name.
            customer: its name and id; empty for an own contract.
            charge: its name and SKU.
        """
        for rule in self._rules:
            if rule.fits(organization, customer, charge):
                return rule.weights
        return {UNALLOCATED: Decimal(1)}
