"""Whichever tools a service refuses, and however it says so: the others arrive, in a bounded number of updates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.protocol import events as ev
from realtime_widgets.tools.offer import MAX_UPDATES, Entry, Offer

NO = "That is not allowed."


def entries(*names: str) -> list[Entry]:
    return [Entry(name, {"name": name}) for name in names]


def numbered(count: int) -> list[Entry]:
    return entries(*(f"f{number}" for number in range(count)))


def negotiate(offer: Offer, refused: set[str], naming: str) -> tuple[list[str], list[str], int]:
    """Play a service; return what it knows then, what was found, and the number of updates."""
    known = [entry.name for entry in offer.actual or ()]
    found: list[str] = []
    updates = 0
    while not offer.settled:
        updates += 1
        sent = [entry.name for entry in offer.entries]
        wrong = [index for index, name in enumerate(sent) if name in refused]
        if not wrong:
            known = sent
            offer.accepted()
            continue
        fields: dict[str, Any] = {"message": NO}
        if naming == "param":
            fields["param"] = f"session.tools[{wrong[0]}].parameters"
        elif naming == "name":
            fields["message"] = f"Invalid schema for function '{sent[wrong[0]]}': no items."
        refusals = offer.refused(ev.ErrorDetail(**fields))
        assert refusals is not None
        found += [refusal.entry.name for refusal in refusals]
    return known, found, updates


@given(
    count=st.integers(0, 40),
    culprits=st.sets(st.integers(0, 39), max_size=4),
    before=st.sets(st.integers(0, 39)) | st.none(),
    naming=st.sampled_from(["param", "name", "nothing"]),
)
def test_each_refused_tool_is_found_and_the_others_are_known(
    count: int, culprits: set[int], before: set[int] | None, naming: str
) -> None:
    wanted = numbered(count)
    refused = {f"f{number}" for number in culprits - (before or set()) if number < count}
    actual = None if before is None else [entry for entry in numbered(40) if int(entry.name[1:]) in before]
    known, found, updates = negotiate(Offer(wanted, actual), refused, naming)
    assert known == [entry.name for entry in wanted if entry.name not in refused]
    assert set(found) == refused
    assert updates <= MAX_UPDATES


@pytest.mark.parametrize(("naming", "most"), [("param", 2), ("name", 2), ("nothing", 17)])
def test_one_among_the_most_that_a_service_allows(naming: str, most: int) -> None:
    for culprit in (0, 63, 127):
        known, found, updates = negotiate(Offer(numbered(128)), {f"f{culprit}"}, naming)
        assert found == [f"f{culprit}"]
        assert len(known) == 127
        assert updates <= most


def test_a_service_that_refuses_everything_is_not_asked_for_ever() -> None:
    for naming, tools in (("param", 100), ("name", 100), ("nothing", 500)):
        refused = {f"f{number}" for number in range(tools)}
        known, found, updates = negotiate(Offer(numbered(tools)), refused, naming)
        assert known == []
        assert len(found) == tools
        assert updates <= MAX_UPDATES + 1


@pytest.mark.parametrize(
    ("error", "culprit"),
    [
        (ev.ErrorDetail(message=NO, param="session.tools[1].parameters"), "bad"),
        (ev.ErrorDetail(message=NO, param="tools.1"), "bad"),
        (ev.ErrorDetail(message='Invalid schema for function "bad": no items'), "bad"),
        (ev.ErrorDetail(message="The tool `bad` has no items"), "bad"),
        (ev.ErrorDetail(message="a bad tool was sent"), None),
        (ev.ErrorDetail(message="either 'good' or 'bad' is wrong"), None),
        (ev.ErrorDetail(message=NO, param="session.tools[7]"), None),
    ],
)
def test_how_an_error_names_the_tool(error: ev.ErrorDetail, culprit: str | None) -> None:
    refusals = Offer(entries("good", "bad", "fine"), []).refused(error)
    assert refusals is not None
    assert [refusal.entry.name for refusal in refusals] == ([] if culprit is None else [culprit])


def test_an_error_about_another_setting_is_not_blamed_on_the_tools() -> None:
    offer = Offer(entries("good"))
    assert offer.refused(ev.ErrorDetail(message="No such voice.", param="session.audio.output.voice")) is None
    assert offer.settled
