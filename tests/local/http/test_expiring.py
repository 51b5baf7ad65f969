"""Values are kept until they expire, and no more of them than the limit."""

from __future__ import annotations

from realtime_widgets.local.http.expiring import ExpiringStore


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_there_until_its_time() -> None:
    clock = Clock()
    store: ExpiringStore[str] = ExpiringStore(2, clock)
    store.put("a", "first", 110.0)
    clock.now = 109.9
    assert store.get("a") == "first"
    clock.now = 110.0
    assert store.get("a") is None
    assert store.get("b") is None


def test_of_too_many_the_oldest_goes() -> None:
    store: ExpiringStore[str] = ExpiringStore(2, Clock())
    for name in "abc":
        store.put(name, name, 200.0)
    assert [store.get(name) for name in "abc"] == [None, "b", "c"]


def test_what_has_expired_goes_before_what_is_older() -> None:
    clock = Clock()
    store: ExpiringStore[str] = ExpiringStore(2, clock)
    store.put("long", "long", 200.0)
    store.put("short", "short", 110.0)
    assert store.full
    clock.now = 120.0
    assert not store.full
    store.put("new", "new", 200.0)
    assert (store.get("long"), store.get("new")) == ("long", "new")
