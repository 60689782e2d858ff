"""The rate limit rolls over 60 seconds."""

from billing_exporter.simulator.limits import Limiter, Load


def test_the_minute_rolls() -> None:
    """So many requests pass in any 60 seconds, by client; a declined one does not count."""
    now = [0.0]
    limiter = Limiter(2, lambda: now[0])
    assert [limiter.count("a").count for _ in range(2)] == [1, 2]
    now[0] = 20.5
    declined = limiter.count("a")
    assert declined.declined
    assert declined.reset == 40
    assert not limiter.count("b").declined
    now[0] = 60.0
    assert not limiter.count("a").declined


def test_the_busiest_minute_is_remembered() -> None:
    """The most requests of a minute stay known when it is over, and so do those declined."""
    now = [0.0]
    limiter = Limiter(2, lambda: now[0])
    for _ in range(5):
        limiter.count("a")
    now[0] = 90.0
    limiter.count("a")
    limiter.count("b")
    assert limiter.loads() == {"a": Load(most=2, declined=3), "b": Load(most=1, declined=0)}


def test_headers_say_where_the_token_stands() -> None:
    """Count, allowed and seconds to reset are in the headers."""
    limiter = Limiter(300, lambda: 0.0)
    limiter.count("a")
    assert limiter.count("a").headers == {
        "inin-ratelimit-count": "2",
        "inin-ratelimit-allowed": "300",
        "inin-ratelimit-reset": "60",
    }


def test_no_limit_never_declines() -> None:
    """With 0 any number of requests passes."""
    limiter = Limiter(0, lambda: 0.0)
    assert not any(limiter.count("a").declined for _ in range(1000))
