from __future__ import annotations

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.tools import ToolRegistry
from realtime_widgets.tools.announcement import Announcement
from tests.client import wire


def old(celsius: int) -> str:
    """Heat it."""
    return "old"


def new(kelvin: int) -> str:
    """Heat it."""
    return "new"


@pytest.fixture
def tools() -> ToolRegistry:
    registry = ToolRegistry()
    registry.add(old, name="heat")
    return registry


def code_of(announcement: Announcement) -> object:
    tool, missing = announcement.to_run("heat")
    return tool.function if tool else missing


def test_a_change_waits_from_the_wish_for_a_response_to_its_end(tools: ToolRegistry):
    announcement = Announcement(tools)
    assert announcement.due
    announcement.take()
    assert not announcement.due
    announcement.sent(ev.ResponseCreate(event_id="e1"))
    tools.add(new, name="heat")
    assert not announcement.due
    assert not announcement.received(wire.created("r1"))
    assert not announcement.received(wire.created("aside", conversation_id=None))
    assert not announcement.received(wire.finished("aside"))
    assert not announcement.due
    assert code_of(announcement) is old
    assert announcement.received(wire.finished("r1"))
    assert announcement.due
    announcement.take()
    assert code_of(announcement) is new


def test_a_refused_wish_is_no_wait(tools: ToolRegistry):
    announcement = Announcement(tools)
    announcement.sent(ev.ResponseCreate(event_id="e1"))
    assert not announcement.received(wire.error("no_such", "other"))
    assert not announcement.due
    assert announcement.received(wire.error("no_such", "e1"))
    assert announcement.due


def test_new_code_of_the_same_face_counts_at_once_and_what_is_gone_is_gone(tools: ToolRegistry):
    announcement = Announcement(tools)
    announcement.take()
    announcement.received(wire.created("r1"))

    def same(celsius: int) -> str:
        """Heat it."""
        return "same"

    tools.add(same, name="heat")
    assert code_of(announcement) is same
    tools.disable("heat")
    assert code_of(announcement) == "the tool 'heat' is switched off; there is none at present"
    tools.remove("heat")
    assert code_of(announcement) == "there is no tool named 'heat'; there is none at present"
