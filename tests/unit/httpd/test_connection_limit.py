"""Who has to give way."""

from billing_exporter.httpd.connection_limit import Crowd


class Guest:
    """A client that notes what is done to it."""

    def __init__(self) -> None:
        """Begin with nothing done."""
        self.done: list[str] = []

    def hurry(self) -> None:
        """Note it."""
        self.done.append("hurry")

    def cut(self) -> None:
        """Note it."""
        self.done.append("cut")

    def close(self) -> None:
        """Note it."""
        self.done.append("close")


def crowd_of(*guests: Guest) -> Crowd:
    """Return a full crowd."""
    crowd = Crowd(len(guests))
    for guest in guests:
        crowd.enter(guest)
    return crowd


def cut(*guests: Guest) -> list[bool]:
    """Return of each guest whether it was cut."""
    return ["cut" in guest.done for guest in guests]


def test_the_longest_waiting_gives_way() -> None:
    """In a full crowd, the one who has waited longest is cut, and no other."""
    first, second, new = Guest(), Guest(), Guest()
    crowd = crowd_of(first, second)
    crowd.enter(new)
    assert cut(first, second, new) == [True, False, False]
    assert len(crowd) == 2


def test_an_answer_begins_the_wait_anew() -> None:
    """Who was answered has waited since then only."""
    first, second = Guest(), Guest()
    crowd = crowd_of(first, second)
    with crowd.answering(first):
        pass
    crowd.enter(Guest())
    assert cut(first, second) == [False, True]


def test_who_is_being_answered_is_spared() -> None:
    """Who waits gives way before anyone who is being answered."""
    first, second = Guest(), Guest()
    crowd = crowd_of(first, second)
    with crowd.answering(first):
        crowd.enter(Guest())
    assert cut(first, second) == [False, True]


def test_the_longest_answer_gives_way_where_nobody_waits() -> None:
    """Slow readers cannot fill the place either."""
    first, second = Guest(), Guest()
    crowd = crowd_of(first, second)
    with crowd.answering(second), crowd.answering(first):
        crowd.enter(Guest())
    assert cut(first, second) == [False, True]


def test_who_was_cut_does_not_come_back() -> None:
    """One who was cut has no place, whatever its thread still does."""
    first, second = Guest(), Guest()
    crowd = crowd_of(first)
    crowd.enter(second)
    with crowd.answering(first):
        assert len(crowd) == 1
    assert len(crowd) == 1


def test_nobody_is_touched_after_leaving() -> None:
    """Who has left is closed, and neither hurried nor cut any more."""
    first, second = Guest(), Guest()
    crowd = crowd_of(first, second)
    crowd.leave(first)
    crowd.hurry()
    crowd.cut()
    assert first.done == ["close"]
    assert second.done == ["hurry", "cut"]
