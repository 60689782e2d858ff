"""Names of contracts: what a contract is called on ``/metrics``, on pages and in files."""

from collections import Counter
from collections.abc import Iterable

from billing_exporter.collectors.base import label
from billing_exporter.genesys.records import BillingContract


class ContractNames:
    """The names of the contracts of one organization."""

    def __init__(self, contracts: Iterable[BillingContract]) -> None:
        """Take all contracts that are listed, for a number may belong to several of them.

        It may also be the id of one that has no number.
        """
        known = {number_and_id(each) for each in contracts}
        self._with_number = Counter(number or key for number, key in known)

    def of(self, contract: BillingContract) -> str:
        """Return the contract's number, with its id where several contracts have that number.

        Where the API gives no number it is the id, and empty where there is neither.
        """
        number, key = number_and_id(contract)
        return (
            f"{number}/{key}" if number and key and self._with_number[number] > 1 else number or key
        )


def contract_identity(contract: BillingContract) -> tuple[str, str] | None:
    """Return what makes a contract another one: id and number, for two may have one id."""
    number, key = number_and_id(contract)
    return (key, number) if key else None


def number_and_id(contract: BillingContract) -> tuple[str, str]:
    """Return the contract's number and id, empty where the API gives none."""
    return label(contract.external_number), label(contract.id)
