"""Objects of the notebook in a session: what the service gets, what the user sees, what is forgotten."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from realtime_widgets.errors import ConfigurationError, SessionClosedError
from realtime_widgets.testing import ScriptedServer, Talk, expect
from tests.session.watching import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import Open

SHOWN = expect("conversation.item.create", item={"role": "user"})


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance()
    yield made
    InteractiveShell.clear_instance()


def texts(server: ScriptedServer) -> list[str]:
    items = [event["item"] for event in server.received_of("conversation.item.create")]
    return [item["content"][0]["text"] for item in items]


async def test_a_frame_is_shown_as_data_with_the_users_note(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), SHOWN]) as server:
        session = connect(server)
        await session.start()
        frame = pd.DataFrame({"town": ["Kiel", "Bonn"], "people": [247, 336]})
        shown = session.show(frame, "These are my towns.")
        await server.finished()
        [text] = texts(server)
    assert text.startswith("These are my towns.\n[Shown from the user's notebook: DataFrame, 2 by 2.")
    assert "no request" in text
    assert "Kiel" in text
    assert (shown.kind, shown.size) == ("text", None)
    assert f"about {shown.tokens} tokens" in repr(shown)


async def test_an_image_goes_with_its_detail_and_nothing_is_asked(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), SHOWN]) as server:
        session = connect(server)
        await session.start()
        shown = session.show(np.zeros((20, 30, 3), np.uint8), detail="low")
        await server.finished()
        [event] = server.received_of("conversation.item.create")
        assert not server.received_of("response.create")
    image = event["item"]["content"][1]
    assert (image["type"], image["detail"]) == ("input_image", "low")
    assert (shown.kind, shown.size) == ("image", (30, 20))


async def test_an_endpoint_without_images_gets_text(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), SHOWN]) as server:
        session = connect(server, capabilities={"images": False})
        await session.start()
        assert session.show(np.zeros((20, 30, 3), np.uint8)).kind == "text"
        await server.finished()


async def test_an_answer_is_asked_for_if_wanted(connect: Open) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *talk.text_turn(..., "I see.")]) as server:
        session = connect(server)
        session.show({"town": "Kiel"}, "What is this?", answer=True)
        await server.finished()
        await until(session, lambda: all(turn.done for turn in session.runtime.core.turns.values()))


async def test_a_session_that_is_over_shows_nothing(connect: Open) -> None:
    async with ScriptedServer([*Talk().start()]) as server:
        session = connect(server)
        await session.start()
        await session.close()
        with pytest.raises(SessionClosedError, match="over"):
            session.show([1])


def put(talk: Talk) -> Any:
    """The server takes an item and tells that it is there."""
    return talk._client_items({"type": "message", "role": "user", "content": ...})


async def test_a_variable_is_shown_again_when_a_cell_changed_it_and_its_old_value_is_forgotten(
    connect: Open, shell: InteractiveShell
) -> None:
    talk = Talk()
    steps = [*talk.start(), *put(talk), *put(talk), expect("conversation.item.delete")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        shell.run_cell("town = 'Kiel'")
        session.watch("town", "where I live")
        await until(session, lambda: len(list(session.runtime.core.conversation)) == 1)
        shell.run_cell("other = 1")
        shell.run_cell("town = 'Bonn'\nraise ValueError('halfway')")
        await server.finished()
        first, second = texts(server)
        deleted = server.received_of("conversation.item.delete")[0]["item_id"]
        created = server.received_of("conversation.item.create")[0]["item"]["id"]
    assert first.startswith("town is now: where I live")
    assert "Kiel" in first
    assert second.startswith("town has changed: where I live")
    assert "Bonn" in second
    assert deleted == created


async def test_what_changes_in_place_counts_and_what_is_not_watched_does_not(
    connect: Open, shell: InteractiveShell
) -> None:
    talk = Talk()
    steps = [*talk.start(), *put(talk), *put(talk), expect("conversation.item.delete")]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        session.watch("towns")  # it does not exist yet
        shell.run_cell("towns = ['Kiel']")
        await until(session, lambda: len(list(session.runtime.core.conversation)) == 1)
        shell.run_cell("towns.append('Bonn')")
        await server.finished()
        session.unwatch("towns")
        shell.run_cell("towns.append('Ulm')")
        assert len(texts(server)) == 2


async def test_a_variable_that_is_deleted_is_told(connect: Open, shell: InteractiveShell) -> None:
    talk = Talk()
    steps = [*talk.start(), *put(talk), expect("conversation.item.delete"), *put(talk)]
    async with ScriptedServer(steps) as server:
        session = connect(server)
        await session.start()
        shell.run_cell("town = 'Kiel'")
        session.watch("town")
        await until(session, lambda: len(list(session.runtime.core.conversation)) == 1)
        shell.run_cell("del town")
        await server.finished()
        assert "was deleted" in texts(server)[-1]


async def test_watching_keeps_neither_the_session_nor_the_object(connect: Open, shell: InteractiveShell) -> None:
    talk = Talk()
    async with ScriptedServer([*talk.start(), *put(talk)]) as server:
        session = connect(server)
        await session.start()
        shell.run_cell("class Town: pass\ntown = Town()")
        town = weakref.ref(shell.user_ns["town"])
        session.watch("town")
        await server.finished()
        await session.close()
        shell.run_cell("town = None")
        gc.collect()
        assert town() is None


def test_watch_needs_a_notebook_and_a_name(connect: Open) -> None:
    InteractiveShell.clear_instance()
    session = connect("http://127.0.0.1:9/v1")
    with pytest.raises(ConfigurationError, match="there is none"):
        session.watch("town")


def test_watch_takes_a_name(connect: Open, shell: InteractiveShell) -> None:
    session = connect("http://127.0.0.1:9/v1")
    for wrong in ("a b", "", 3):
        with pytest.raises(ConfigurationError, match="name of a variable"):
            session.watch(wrong)
