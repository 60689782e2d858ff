"""Rate limit: never more than the burst and what time has added, never fewer."""

from hypothesis import given
from hypothesis import strategies as st

from billing_exporter.web.protection import RequestRate
from billing_exporter.web.request_rate import TokenBucket


def test_burst_then_one_each_interval() -> None:
    """A burst is answered at once, then one request each interval."""
    now = [0.0]
    bucket, rate = TokenBucket(lambda: now[0]), RequestRate(seconds=2.0, burst=3)
    assert [bucket.take(rate) for _ in range(4)] == [True, True, True, False]
    now[0] = 1.9
    assert not bucket.take(rate)
    now[0] = 2.0
    assert [bucket.take(rate), bucket.take(rate)] == [True, False]
    now[0] = 1000.0
    assert [bucket.take(rate) for _ in range(4)] == [True, True, True, False]


def test_without_a_rate() -> None:
    """Without a rate everything is answered; a new rate begins with a full burst."""
    bucket = TokenBucket(lambda: 0.0)
    assert all(bucket.take(None) for _ in range(100))
    assert [bucket.take(RequestRate(9.0, 1)) for _ in range(2)] == [True, False]
    assert [bucket.take(RequestRate(9.0, 2)) for _ in range(3)] == [True, True, False]


@given(
    st.integers(1, 5),
    st.integers(1, 8),
    st.lists(st.integers(0, 10), max_size=60),
)
def test_bounds(burst: int, seconds: int, waits: list[int]) -> None:
    """In any stretch of time no more is answered than the burst and what the time has added.

    The first request of a stretch after a rest of one interval is always answered.
    """
    now, answered = 0, []
    bucket, rate = TokenBucket(lambda: float(now)), RequestRate(float(seconds), burst)
    for wait in waits:
        now += wait
        taken = bucket.take(rate)
        if wait >= seconds:
            assert taken
        if taken:
            answered.append(now)
    for index, start in enumerate(answered):
        for count, end in enumerate(answered[index:], start=1):
            assert count <= burst + (end - start) / seconds + 1e-6
