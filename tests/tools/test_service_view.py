from __future__ import annotations

import pytest

from realtime_widgets.protocol import events as ev
from realtime_widgets.tools import ToolRegistry
from realtime_widgets.tools.service_view import ServiceView
from tests.core import wire


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


def code_of(view: ServiceView) -> object:
    tool, missing = view.to_run("heat")
    return tool.function if tool else missing


def test_a_change_waits_from_the_wish_for_a_response_to_its_end(tools: ToolRegistry):
    view = ServiceView(tools)
    assert view.due
    view.announce()
    assert not view.due
    view.sent(ev.ResponseCreate(event_id="e1"))
    tools.add(new, name="heat")
    assert not view.due
    assert not view.received(wire.created("r1"))
    assert not view.received(wire.created("aside", conversation_id=None))
    assert not view.received(wire.finished("aside"))
    assert not view.due
    assert code_of(view) is old
    assert view.received(wire.finished("r1"))
    assert view.due
    view.announce()
    assert code_of(view) is new


def test_a_refused_wish_is_no_wait(tools: ToolRegistry):
    view = ServiceView(tools)
    view.sent(ev.ResponseCreate(event_id="e1"))
    assert not view.received(wire.error("no_such", "other"))
    assert not view.due
    assert view.received(wire.error("no_such", "e1"))
    assert view.due


def test_new_code_of_the_same_face_counts_at_once_and_what_is_gone_is_gone(tools: ToolRegistry):
    view = ServiceView(tools)
    view.announce()
    view.received(wire.created("r1"))

    def same(celsius: int) -> str:
        """Heat it."""
        return "same"

    tools.add(same, name="heat")
    assert code_of(view) is same
    tools.disable("heat")
    assert code_of(view) == "the tool 'heat' is switched off; there is none at present"
    tools.remove("heat")
    assert code_of(view) == "there is no tool named 'heat'; there is none at present"
