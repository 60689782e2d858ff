"""Numbers with decimals as settings: exact, and as text or number in the file."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta


def _check_share(text: str) -> None:
    if not 0 <= Decimal(text) < 1:
        raise ValueError("expected a share from 0 to below 1, such as 0.001")


Share = Annotated[
    Decimal,
    Meta(
        extra={
            "kind": "share",
            "expected": "a share such as 0.001",
            "check": _check_share,
        },
    ),
]
