"""Which page has the sound, whatever the order in which pages come, go, fall silent and are used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.core.presence.pages import (
    FORGET_S,
    LONE_ROLL_S,
    LONE_SIGN_S,
    PAGE_SIGN_S,
    TICK_S,
    MicrophoneLost,
    Name,
    Pages,
    PresenceCommand,
    Roll,
    Sound,
    ViewsChanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable

#: Longer than any time within which the kernel finds out that a page is gone.
FOUND_OUT_S = 2.1


@dataclass
class Tab:
    """A page as it really is."""

    page_id: str
    views: int = 1
    sound: Sound = "ready"
    microphone: bool = False
    #: Whether messages go both ways; a closed tab never sends again.
    connected: bool = True
    closed: bool = False

    @property
    def lives(self) -> bool:
        return self.connected and not self.closed


@dataclass
class Room:
    """Tabs, and the kernel that hears of them; time passes only as a test says."""

    pages: Pages = field(default_factory=Pages)
    tabs: dict[str, Tab] = field(default_factory=dict)
    now: float = 0.0
    #: What the kernel did, in order, and the times at which it looks for pages.
    done: list[PresenceCommand] = field(default_factory=list)
    looks: list[float] = field(default_factory=lambda: [0.0])
    talking: bool = False
    cells_end: float = 0.0

    def do(self, commands: list[PresenceCommand]) -> None:
        """Carry out what the kernel decided."""
        self.done += commands
        for command in commands:
            if isinstance(command, Roll):
                self.looks.append(self.now + PAGE_SIGN_S)
                for tab in list(self.tabs.values()):
                    if tab.lives:
                        self.do(self.pages.here(tab.page_id, tab.views, tab.sound, self.now))
            elif isinstance(command, Name):
                for tab in self.tabs.values():
                    if command.page_id != tab.page_id and tab.lives:
                        tab.microphone = False

    def opens(self, page_id: str, views: int = 1, sound: Sound = "ready", client: str = "") -> Tab:
        """A page is loaded."""
        tab = self.tabs[page_id] = Tab(page_id, views, sound)
        self.do(self.pages.hello(page_id, views, sound, self.now, client))
        return tab

    def switches_on(self, tab: Tab) -> None:
        """The microphone of a page is opened; a page without the sound claims it."""
        if self.pages.sounding != tab.page_id:
            self.do(self.pages.claim(tab.page_id, self.now))
        if self.pages.sounding == tab.page_id:
            tab.microphone = True
            self.pages.microphone(tab.page_id, True, self.now)

    def closes(self, tab: Tab, bye: bool) -> None:
        """A tab is closed, or crashes."""
        tab.closed = True
        if bye and tab.connected:
            self.do(self.pages.bye(tab.page_id, self.now))

    def comes_back(self, tab: Tab) -> None:
        """The network of a tab is back."""
        tab.connected = True
        if not tab.closed:
            self.do(self.pages.hello(tab.page_id, tab.views, tab.sound, self.now))

    def wait(self, seconds: float) -> None:
        """Let so much time pass: pages with a microphone give signs, the kernel looks for those that do not."""
        until = self.now + seconds
        while (look := min(self.looks)) <= until:
            self.looks.remove(look)
            self.now = look
            for tab in self.tabs.values():
                if tab.lives and tab.microphone:
                    self.do(self.pages.sign(tab.page_id, self.now))
            if look % TICK_S == 0:
                self.looks.append(look + TICK_S)
            self.do(self.pages.tick(self.now, heard=self.now >= self.cells_end))
        self.now = until

    def named(self) -> list[str]:
        """Pages that began to sound, in order."""
        return [each.page_id for each in self.done if isinstance(each, Name) and each.begins]


@pytest.fixture
def room() -> Room:
    return Room()


def test_the_first_page_sounds_and_a_second_one_is_told_which_does(room: Room) -> None:
    room.opens("a")
    assert room.done == [Name("a", begins=True), ViewsChanged(1)]
    room.done.clear()
    room.opens("b")
    assert room.done == [ViewsChanged(2), Name("a", begins=False), Roll()]
    room.wait(60)
    assert room.pages.sounding == "a"
    assert room.named() == []


def test_a_page_that_died_with_its_microphone_on_gives_way_to_the_next_one_within_a_second(room: Room) -> None:
    first = room.opens("a")
    room.switches_on(first)
    room.wait(10)
    room.closes(first, bye=False)
    room.opens("b")
    room.wait(PAGE_SIGN_S)
    assert room.pages.sounding == "b"
    assert MicrophoneLost("error") in room.done


@pytest.mark.parametrize("bye", [True, False])
@pytest.mark.parametrize("microphone", [True, False])
def test_closing_the_page_that_sounds_gives_the_sound_to_the_other_one(
    room: Room, bye: bool, microphone: bool
) -> None:
    first = room.opens("a")
    room.opens("b")
    if microphone:
        room.switches_on(first)
    room.wait(3.3)
    room.closes(first, bye)
    room.wait(0 if bye else 2.0)
    assert room.pages.sounding == "b"
    assert any(isinstance(each, MicrophoneLost) for each in room.done) == microphone


def test_closing_the_second_page_changes_nothing(room: Room) -> None:
    room.opens("a")
    room.closes(room.opens("b"), bye=True)
    assert room.named() == ["a"]
    assert room.pages.views == 1


def test_a_claim_moves_the_sound_and_closes_the_microphone_of_the_page_before(room: Room) -> None:
    room.switches_on(room.opens("a"))
    room.opens("b")
    room.done.clear()
    room.do(room.pages.claim("b", room.now))
    assert room.done == [MicrophoneLost("other_page"), Name("b", begins=True)]


def test_a_page_without_a_view_loses_the_sound_and_its_microphone(room: Room) -> None:
    first = room.opens("a")
    room.switches_on(first)
    first.views = 0
    room.done.clear()
    room.do(room.pages.here("a", 0, "ready", room.now))
    assert room.done == [MicrophoneLost("unseen"), Name("", begins=False), ViewsChanged(0)]
    room.do(room.pages.here("a", 1, "ready", room.now))
    assert room.pages.sounding == "a"


def test_a_page_whose_browser_holds_sound_back_gets_it_only_where_no_other_can_play(room: Room) -> None:
    room.opens("a", sound="blocked")
    assert (room.pages.sounding, room.pages.player) == ("a", None)
    room.opens("b", sound="waiting")
    assert room.pages.sounding == "a"
    room.do(room.pages.here("b", 1, "ready", room.now))
    assert room.pages.player == "b"
    room.do(room.pages.claim("a", room.now))
    assert room.pages.player == "b"
    # The click that claimed also lets it play.
    room.do(room.pages.here("a", 1, "ready", room.now))
    assert room.pages.player == "a"


def test_whoever_runs_a_cell_or_types_hears_unless_another_one_is_talking(room: Room) -> None:
    room.opens("a", client="anna")
    room.opens("b", client="bert")
    room.do(room.pages.asked_by("bert", room.now))
    assert room.pages.sounding == "b"
    room.do(room.pages.asked_by("anna", room.now, talking=True))
    room.do(room.pages.asked_by("nobody", room.now))
    room.do(room.pages.asked_by("", room.now))
    assert room.pages.sounding == "b"
    room.do(room.pages.asked_by("anna", room.now))
    assert room.pages.sounding == "a"


def test_a_page_that_comes_after_its_user_has_asked_gets_the_sound(room: Room) -> None:
    room.opens("a", client="anna")
    room.do(room.pages.asked_by("bert", room.now))
    room.wait(1)
    room.opens("b", client="bert")
    assert room.pages.sounding == "b"
    room.opens("c", client="bert")
    assert room.pages.sounding == "b"


def test_a_page_that_was_asleep_gets_the_sound_back_if_nothing_was_done_in_the_other_one(room: Room) -> None:
    first = room.opens("a")
    room.opens("b")
    room.switches_on(first)
    first.connected = False
    room.wait(FOUND_OUT_S)
    assert room.pages.sounding == "b"
    first.connected = True
    room.do(room.pages.sign("a", room.now))
    assert room.pages.sounding == "a"
    first.connected = False
    room.wait(FOUND_OUT_S)
    room.switches_on(room.tabs["b"])
    room.comes_back(first)
    assert room.pages.sounding == "b"


def test_a_page_alone_may_be_busy_for_long_and_is_seldom_asked(room: Room) -> None:
    tab = room.opens("a")
    room.wait(60)
    assert 4 <= room.done.count(Roll()) <= 7
    tab.connected = False
    room.wait(LONE_ROLL_S - TICK_S)
    assert room.pages.sounding == "a"
    room.wait(LONE_SIGN_S + 2 * TICK_S)
    assert room.pages.sounding is None
    assert room.pages.views == 1
    room.wait(FORGET_S)
    assert room.pages.views == 0
    room.comes_back(tab)
    assert room.pages.sounding == "a"


def test_what_a_page_sent_before_it_left_does_not_bring_it_back(room: Room) -> None:
    room.closes(room.opens("a"), bye=True)
    room.do(room.pages.sign("a", room.now))
    assert room.pages.sounding is None
    room.do(room.pages.hello("a", 1, "ready", room.now))  # shown again from the browser's cache
    assert room.pages.sounding == "a"


def test_no_page_is_given_up_while_a_cell_keeps_its_signs_or_the_kernel_was_stopped(room: Room) -> None:
    first = room.opens("a")
    room.opens("b")
    room.switches_on(first)
    for tab in room.tabs.values():
        tab.connected = False
    room.cells_end = room.now + 60
    room.wait(60)
    assert room.pages.sounding == "a"
    for tab in room.tabs.values():
        tab.connected = True
    room.wait(5)
    assert room.pages.sounding == "a"
    room.now += 100  # the kernel's process was stopped
    room.do(room.pages.tick(room.now))
    assert room.pages.sounding == "a"


def test_a_page_that_does_not_play_what_it_gets_is_not_sent_more_until_it_says_that_it_can(room: Room) -> None:
    tab = room.opens("a")
    tab.connected = False
    room.do(room.pages.stalled(room.now))
    assert room.pages.player is None
    room.comes_back(tab)
    assert room.pages.player == "a"


_NAMES = st.sampled_from(["a", "b", "c"])
_STEPS = [
    *(
        "opens",
        "reloads",
        "closes",
        "crashes",
        "claims",
        "types",
        "runs-a-cell",
        "no-view",
        "view",
        "blocked",
        "ready",
    ),
    *(
        "microphone-on",
        "microphone-off",
        "talks",
        "falls-silent",
        "network-lost",
        "network-back",
        "waits",
        "waits-long",
    ),
]


def _step(room: Room, step: str, name: str) -> None:
    """Let something happen to the tab of that name; of a closed or missing one only that it is opened."""
    tab = next((tab for tab in room.tabs.values() if tab.page_id.startswith(name) and not tab.closed), None)

    def opens() -> None:
        room.opens(f"{name}{len(room.tabs)}", client=f"client of {name}")

    if step == "opens":
        return opens() if tab is None else None
    if step in ("waits", "waits-long"):
        return room.wait(0.4 if step == "waits" else 7.0)
    if step == "runs-a-cell":
        return room.do(room.pages.asked_by(f"client of {name}", room.now, room.talking))
    if step in ("talks", "falls-silent"):
        sounding = room.tabs.get(room.pages.sounding or "")
        room.talking = step == "talks" and sounding is not None and sounding.microphone
        return None
    if tab is None:
        return None
    if step == "network-back" and not tab.connected:
        return room.comes_back(tab)
    if step == "network-lost":
        tab.connected = tab.microphone = False
    if not tab.connected:
        if step in ("closes", "crashes"):
            tab.closed = True
        return None
    live: dict[str, Callable[[], None]] = {
        "closes": lambda: room.closes(tab, bye=True),
        "crashes": lambda: room.closes(tab, bye=False),
        "reloads": lambda: (room.closes(tab, bye=len(room.done) % 2 == 0), opens())[1],
        "claims": lambda: room.do(room.pages.claim(tab.page_id, room.now)),
        "types": lambda: room.do(room.pages.asked_by(f"client of {name}", room.now, room.talking)),
        "microphone-on": lambda: room.switches_on(tab),
    }
    if step in live:
        return live[step]()
    if step == "microphone-off" and tab.microphone:
        tab.microphone = False
        return room.pages.microphone(tab.page_id, False, room.now)
    changes = {
        "no-view": ("views", 0),
        "view": ("views", 1),
        "blocked": ("sound", "blocked"),
        "ready": ("sound", "ready"),
    }
    if step in changes:
        setattr(tab, *changes[step])
        tab.microphone &= tab.views > 0
        room.do(room.pages.here(tab.page_id, tab.views, tab.sound, room.now))
    return None


@given(st.lists(st.tuples(st.sampled_from(_STEPS), _NAMES), max_size=40))
def test_one_page_sounds_and_it_is_one_that_lives_shows_the_session_and_can_play(
    steps: list[tuple[str, str]],
) -> None:
    room = Room()
    for step, name in steps:
        before = room.tabs.get(room.pages.sounding or "")
        _step(room, step, name)
        after = room.tabs.get(room.pages.sounding or "")
        # A page that comes takes nothing from one that lives, unless its user has just asked.
        awaited = any(each == ("runs-a-cell", name) for each in steps)
        if (
            step == "opens"
            and before
            and before.lives
            and before.views
            and before.sound == "ready"
            and not awaited
        ):
            assert after is before
        # Nor does one that cannot play take the sound from one that can.
        if before and before.lives and before.views and before.sound == "ready" and after is not before:
            assert after is None or after.sound == "ready" or not room.pages.player
        assert [each for each in room.tabs.values() if each.lives and each.microphone and each is not after] == []
    room.wait(FOUND_OUT_S + LONE_ROLL_S + LONE_SIGN_S)
    wanting = [tab for tab in room.tabs.values() if tab.lives and tab.views]
    sounding = room.tabs.get(room.pages.sounding or "")
    assert (sounding is not None) == bool(wanting)
    assert sounding is None or sounding in wanting
    if any(tab.sound == "ready" for tab in wanting):
        assert room.pages.player is not None
    room.wait(FORGET_S)
    assert room.pages.views == sum(tab.views for tab in wanting)


@given(st.lists(st.tuples(st.sampled_from(_STEPS), _NAMES), max_size=30), st.booleans())
def test_whatever_came_before_closing_a_page_gives_the_sound_to_another_within_two_seconds(
    steps: list[tuple[str, str]], bye: bool
) -> None:
    room = Room()
    for step, name in steps:
        _step(room, step, name)
    for tab in list(room.tabs.values()):
        tab.views, tab.sound = 1, "ready"
        room.comes_back(tab)
    room.wait(3)
    sounding = room.tabs.get(room.pages.sounding or "")
    if sounding is None:
        assert all(tab.closed for tab in room.tabs.values())
        return
    room.closes(sounding, bye)
    room.wait(2.0)
    left = {tab.page_id for tab in room.tabs.values() if tab.lives}
    assert not left or room.pages.sounding in left
