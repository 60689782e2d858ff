"""Charges that were invoiced otherwise than used, as pages show them. Pure."""

from collections.abc import Iterable

from billing_exporter.reconciliation.records import Comparison, Subject
from billing_exporter.web.records import Difference


def differences(found: Iterable[tuple[str, Subject, Comparison]]) -> tuple[Difference, ...]:
    """Return the differences, the largest first."""
    rows = [
        Difference(
            organization=organization,
            subject=subject,
            names=one.of,
            charge=one.charge,
            sku=one.sku,
            period_start=one.start,
            state=one.state,
            currency=one.currency,
            used=one.used_amount,
            invoiced=one.invoiced_amount,
            difference=one.difference,
            by_quantity=one.by_quantity,
            by_price=one.by_price,
            remark=one.remark,
        )
        for organization, subject, one in found
    ]
    return tuple(sorted(rows, key=lambda one: abs(one.difference), reverse=True))
