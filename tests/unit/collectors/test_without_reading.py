"""Customers without a reading: the count that shows that totals over customers are too small."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.collectors.sweep import TrustorsData
from billing_exporter.collectors.trustor_overview import (
    STATUSES,
    Status,
    TrustorData,
    TrustorState,
)
from tests.unit.collectors.api_stub import NOW

UNREAD = {None, "ok", "error"}


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=2),
        st.tuples(st.sampled_from([None, *STATUSES]), st.sampled_from([None, 1, 30])),
    )
)
def test_whoever_may_have_numbers_and_shows_none_is_counted(
    customers: dict[str, tuple[Status | None, int | None]],
) -> None:
    """After numbers have ended by their age, each customer without numbers is counted, whatever its
    last attempt was, but for those of whom the API says that there is nothing to read.
    """
    states = {
        key: TrustorState(key, key, status, NOW - timedelta(days=days) if days else None)
        for key, (status, days) in customers.items()
    }
    numbers = {key: TrustorData(key, key, b"") for key, (_, days) in customers.items() if days}
    data = TrustorsData(states, numbers).without_older_than(NOW - timedelta(days=7))
    unread = [key for key, (status, days) in customers.items() if days != 1 and status in UNREAD]
    assert data.without_reading() == len(unread)
