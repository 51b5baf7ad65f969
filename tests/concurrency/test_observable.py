from __future__ import annotations

import asyncio

from realtime_widgets.concurrency.observable import Observable


async def test_an_observer_is_called_once_for_changes_that_come_together() -> None:
    watched, told = Observable(), list[str]()
    watched.observe(lambda: told.append("all"))
    watched.changed("state")
    watched.changed("conversation")
    watched.changed()
    assert told == []
    await asyncio.sleep(0)
    assert told == ["all"]
    watched.changed("state")
    await asyncio.sleep(0)
    assert told == ["all", "all"]


async def test_an_observer_is_called_for_its_topics_only() -> None:
    watched, told = Observable(), list[str]()
    watched.observe(lambda: told.append("money"), "money")
    end = watched.observe(lambda: told.append("talk"), "state", "conversation")
    watched.changed("conversation", "calls")
    await asyncio.sleep(0)
    watched.changed("money")
    await asyncio.sleep(0)
    watched.changed()
    end()
    end()
    await asyncio.sleep(0)
    assert told == ["talk", "money", "money"]


async def test_a_condition_is_looked_at_after_changes_of_its_topics_only() -> None:
    watched, looks = Observable(), list[bool]()
    open_ = asyncio.Event()

    def condition() -> bool:
        looks.append(open_.is_set())
        return open_.is_set()

    waiting = asyncio.create_task(watched.until(condition, topics=("state",)))
    await asyncio.sleep(0)
    open_.set()
    watched.changed("playback")
    await asyncio.sleep(0)
    assert looks == [False]
    watched.changed("state", "playback")
    assert await waiting


async def test_a_wait_ends_at_its_limit() -> None:
    watched = Observable()
    assert not await watched.until(lambda: False, 0.0)
    assert await watched.until(lambda: True, 0.0)
