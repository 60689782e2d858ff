"""History of the contracts: closed periods, read once and again while they may change."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from billing_exporter.collectors.base import Poll, label
from billing_exporter.collectors.closed_periods import Answer, History, Key, whole_sums
from billing_exporter.collectors.contract_gaps import closed_of, ended_before, running_from, unread
from billing_exporter.collectors.history_budget import Budget
from billing_exporter.collectors.periods import starts_of
from billing_exporter.collectors.settings import ContractsSettings
from billing_exporter.genesys import ApiError, Forbidden, NotFound
from billing_exporter.genesys.records import (
    BillingCharge,
    BillingContract,
    BillingContractPeriod,
    BillingContractPeriodDetail,
    BillingWallet,
)
from billing_exporter.metrics.samples import EXACT, readable
from billing_exporter.settlement import Fingerprint, Row, fingerprint, is_due

WALLET = "wallet"
"""What ends the key of a wallet: a charge may have the same name, SKU and unit."""

_IN = "in"
_LABELS = 3  # of a charge: its name, SKU and unit

_ZERO = Decimal(0)
Details = dict[str, BillingContractPeriodDetail]
_Row = TypeVar("_Row")


class ContractHistories:
    """Reads histories in one poll."""

    def __init__(self, poll: Poll[Any], settings: ContractsSettings) -> None:
        self._poll = poll
        self._most = settings.history
        self._today = poll.now.date()
        self._budget = Budget(poll, settings.interval.seconds)

    def needed(self, contract: BillingContract, known: History) -> list[BillingContractPeriod]:
        """Return the closed periods of a contract that are to be read, the newest first."""
        of = {period.start: period for period in known.periods}
        return [
            period
            for period in closed_of(contract, self._most)
            if period.date_start is not None
            and (
                known.tried_on != self._today
                if (read := of.get(period.date_start)) is None
                else is_due(read.settlement, self._today)
                or (known.tried_on != self._today and not self._is_kept(contract, read.start))
            )
        ]

    def _is_kept(self, contract: BillingContract, start: date) -> bool:
        return self._poll.ledger.is_kept("contracts", str(contract.id), start)

    def read(
        self, contract: BillingContract, name: str, known: History
    ) -> tuple[History, list[BillingContractPeriodDetail]]:
        """Read what is due of a contract; returns its history and the details that were whole."""
        details = []
        for period in self.needed(contract, known):
            if not self._budget.take():
                break
            key, of = label(period.id), str(contract.id)
            try:
                detail = self._poll.api.get_billing_contract_billingperiod(of, key)
            except ApiError as error:
                self._budget.note(error, f"billing period {key} of contract {of}")
                is_withheld = isinstance(error, (Forbidden, NotFound))
                known = self._tried(known, period, is_withheld=is_withheld)
                continue
            detail = msgspec.structs.replace(detail, id=key)  # it may be written otherwise there
            answer = answer_of(detail)
            if answer is None or answer.fingerprint is None:
                is_withheld = answer is None or not _is_blank(detail)
                known = self._tried(
                    known, period, is_withheld=is_withheld, is_blank=not is_withheld
                )
                continue
            is_invoiced = self._poll.ledger.is_invoiced(of, answer.start)
            known = known.with_answer(
                answer,
                self._poll.now,
                self._most,
                is_invoiced=is_invoiced,
                listed=starts_of(contract),
            )
            details.append(detail)
            is_settled = known.is_settled(answer.start)
            self._poll.ledger.contract_period(contract, name, detail, is_settled=is_settled)
        return self._walked(contract, known), details

    def _tried(
        self,
        known: History,
        period: BillingContractPeriod,
        *,
        is_withheld: bool,
        is_blank: bool = False,
    ) -> History:
        """Return the history without a period's numbers; it is tried again the next day."""
        start, end = period.date_start, ended_before(period)
        withheld, blank = {*known.withheld} - {end}, {*known.blank}
        return msgspec.structs.replace(
            known,
            tried_on=self._today,
            withheld=tuple(sorted(withheld | ({end} if is_withheld else set()))),
            blank=tuple(sorted(blank | ({start} if is_blank and start is not None else set()))),
        )

    def _walked(self, contract: BillingContract, known: History) -> History:
        """Return the history with what is known of the periods that are missing."""
        missing = list(unread(contract, known, self._most, self._today))
        days = {*map(ended_before, missing)}
        newest = running_from(contract, self._today)
        return msgspec.structs.replace(
            known,
            walked_from=known.walked_from if missing else newest,
            withheld=tuple(day for day in known.withheld if day in days),
            blank=tuple(day for day in known.blank if day in starts_of(contract)),
        )


def answer_of(detail: BillingContractPeriodDetail) -> Answer | None:
    """Return what a detail says of its period, None where it has no dates."""
    if detail.date_start is None or detail.date_end is None:
        return None
    charges = (
        (charge_key(row), label(row.overage_currency), row.actual_quantity)
        for row in detail.charges
    )
    wallets = (
        (wallet_key(row), label(row.balance_overage_currency), row.balance_consumption)
        for row in detail.wallets
    )
    rows = by_currency((*charges, *wallets))
    amounts = overage_amounts(detail)
    print_ = fingerprint_of(detail, amounts)
    return Answer(detail.date_start, detail.date_end, print_, amounts, whole_sums(rows))


def _is_blank(detail: BillingContractPeriodDetail) -> bool:
    """Return whether a detail has no rows that could be money."""
    return not detail.charges and not any(
        readable(wallet.balance_overage) or readable(wallet.balance_overage_charge)
        for wallet in detail.wallets
    )


def by_currency(rows: Iterable[tuple[Key, str, _Row]]) -> Iterator[tuple[Key, _Row]]:
    """Yield rows by their keys, and again by currency where those of a key have several.

    Args:
        rows: each with its key and its currency, empty for none.
    """
    every = list(rows)
    currencies: dict[Key, set[str]] = {}
    for key, currency, row in every:
        currencies.setdefault(key, set()).add(currency)
        yield key, row
    for key, currency, row in every:
        if currency and len(currencies[key]) > 1:
            yield (*key, _IN, currency), row


def is_money_alone(key: Key) -> bool:
    """Return whether no quantity is shown under a key: a wallet, or one currency of several."""
    return len(key) > _LABELS


def charge_key(charge: BillingCharge) -> Key:
    """Return what identifies a charge within its contract, beside its currency."""
    product = charge.product
    sku = label(product.sku if product else None)
    name = label(charge.name) or label(product.name if product else None) or sku
    return name, sku, label(product.unit_of_measure if product else None)


def wallet_key(wallet: BillingWallet) -> Key:
    """Return what identifies a wallet within its contract."""
    sku = label(wallet.product.sku if wallet.product else None)
    name = label(wallet.name) or label(wallet.id) or sku
    return name, sku, label(wallet.unit_of_measure), WALLET


def overage_amounts(detail: BillingContractPeriodDetail) -> dict[str, Decimal]:
    """Add up the overage of a period's charges and wallets by currency.

    Overage without its amount leaves the sum of its currency incomplete, and that is none. Overage
    without a currency is no money: it may be settled in tokens.
    """
    charges = (
        (each.overage_currency, each.overage_charge, each.overage_quantity)
        for each in detail.charges
    )
    wallets = (
        (each.balance_overage_currency, each.balance_overage_charge, each.balance_overage)
        for each in detail.wallets
    )
    found: dict[str, Decimal] = {}
    incomplete = set[str]()
    for code, given, quantity in (*charges, *wallets):
        currency, amount = label(code), readable(given)
        if not currency:
            continue
        if amount is not None:
            found[currency] = EXACT.add(found.get(currency, _ZERO), amount)
        elif given is not None or readable(quantity):
            incomplete.add(currency)
    return {currency: amount for currency, amount in found.items() if currency not in incomplete}


def fingerprint_of(
    detail: BillingContractPeriodDetail, amounts: dict[str, Decimal]
) -> Fingerprint | None:
    """Return the fingerprint of a period, None where the answer was partial."""
    rows = []
    for charge in detail.charges:
        if readable(charge.actual_quantity) is None:
            return None
        sku = label(charge.product.sku if charge.product else None)
        quantities = (
            *(charge.actual_quantity, charge.prepaid_quantity),
            *(charge.fairuse_quantity, charge.overage_quantity),
        )
        prices = (charge.overage_rate, charge.overage_charge)
        rows.append(Row((sku or label(charge.name),), quantities, prices))
    if not rows:
        return None
    for wallet in detail.wallets:  # of which only the overage is money
        used, charged = readable(wallet.balance_overage), readable(wallet.balance_overage_charge)
        if charged:
            name, sku = wallet_key(wallet)[:2]
            rows.append(Row((sku or name, WALLET), (used,), (charged,)))
    return fingerprint(rows, amounts)
