"""The older spelling of the preview operations' keys, by difference of the SDKs 236 and 269.

Documented: everything here but `future`, which invents a spelling that no SDK knows.
"""

from collections.abc import Callable
from typing import Any

_OLDER = {
    "prepaidQuantity": "getprepaidQuantity",
    "fairuseQuantity": "getfairuseQuantity",
    "actualQuantity": "getactualQuantity",
    "overageQuantity": "getoverageQuantity",
    "purchaseOrderNumbers": "getpurchaseOrderNumbers",
    "dateEffective": "getdateEffective",
    "citySubdivision1": "getcitySubdivision1",
}
_NEW_IN_CHARGES = frozenset({"name", "convertedTokenCount", "tokenConversionRate"})
_NEW_UNITS = frozenset(
    {"EA", "Evaluation", "Guide", "Ingestion", "RateTable", "Summary", "Translation"}
)
_QUANTITIES = frozenset(key for key in _OLDER if key.endswith("Quantity"))


def _respelt(node: Any, entry: Callable[[dict[str, Any], str], tuple[str, Any] | None]) -> Any:
    if isinstance(node, list):
        return [_respelt(item, entry) for item in node]
    if not isinstance(node, dict):
        return node
    entries = (entry(node, key) for key in node)
    return {pair[0]: _respelt(pair[1], entry) for pair in entries if pair}


def _older(node: dict[str, Any], key: str) -> tuple[str, Any] | None:
    value = node[key]
    if "prepaidQuantity" in node and key in _NEW_IN_CHARGES:
        return None
    if key in _QUANTITIES:
        return _OLDER[key], int(value)
    if key == "unitOfMeasure" and value in _NEW_UNITS:
        return key, "Unit"
    return _OLDER.get(key, key), value


def _future(node: dict[str, Any], key: str) -> tuple[str, Any]:
    return (f"{key}V2" if key in _OLDER else key), node[key]


def older(payload: Any) -> Any:
    """Write an answer with the keys, units and whole quantities of SDK 236."""
    return _respelt(payload, _older)


def future(payload: Any) -> Any:
    """Write an answer with the renamed keys renamed once more."""
    return _respelt(payload, _future)
