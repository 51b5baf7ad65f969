"""Which pages show a session, which of them still live, and which one plays and captures. Pure.

`realtime_widgets/LIFE.md` has the rules. Times are in seconds, of any clock that does not go back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from realtime_widgets.core.transitions import TransitionTable

#: No view of the session in it; it shows the session; it plays and captures; it gave no sign when it was asked for
#: one; it was closed, or gave no sign for long.
PagePhase = Literal["unseen", "watching", "sounding", "silent", "gone"]
#: It shows the session, or shows it no more; it is to play and capture, or another page is; it gave no sign when
#: it was asked, or gives one again; it is being closed, or has given no sign for `FORGET_S`.
PageEvent = Literal["seen", "hidden", "sound", "hush", "no sign", "sign", "bye", "forget"]

PAGE_PHASES = TransitionTable[PagePhase, PageEvent](
    "unseen",
    {
        ("unseen", "seen"): "watching",
        ("watching", "hidden"): "unseen",
        ("sounding", "hidden"): "unseen",
        ("watching", "sound"): "sounding",
        ("sounding", "hush"): "watching",
        ("unseen", "no sign"): "silent",
        ("watching", "no sign"): "silent",
        ("sounding", "no sign"): "silent",
        ("silent", "sign"): "unseen",
        ("unseen", "bye"): "gone",
        ("watching", "bye"): "gone",
        ("sounding", "bye"): "gone",
        ("silent", "bye"): "gone",
        ("silent", "forget"): "gone",
    },
)

#: Whether a page can play: not known yet, it can, its browser waits for a click, it cannot.
Sound = Literal["waiting", "ready", "blocked", "failed"]

#: Seconds between two calls of `Pages.tick`.
TICK_S = 0.5
#: A page that was asked for a sign gives one within this time, in seconds.
PAGE_SIGN_S = 1.0
#: After how many seconds without a sign a page is asked for one, if its microphone is on or another page could
#: take over.
ROLL_S = 0.75
#: The same for a page alone with its microphone off, and how long it may then take: nothing depends on it, and
#: each sign makes the front end show that the kernel is busy.
LONE_ROLL_S, LONE_SIGN_S = 10.0, 10.0
#: How long the views of a page without a sign still count, in seconds: it may be asleep, or cut off.
FORGET_S = 30.0
#: How long the wish of a page for the sound holds while it cannot have it, in seconds: it may be loading.
WISH_S = 10.0
#: A tick that comes this much later than `TICK_S` shows that the kernel was stopped, in seconds: signs wait.
LATE_S = 1.0


@dataclass(frozen=True)
class Name:
    """Tell all pages which one plays and captures (empty: none); `begins` if it does so from now on."""

    page_id: str
    begins: bool


@dataclass(frozen=True)
class Roll:
    """Ask all pages for a sign."""


@dataclass(frozen=True)
class MicrophoneLost:
    """The microphone of the page that sounded counts as closed, for a reason as of `CloseReason`."""

    reason: Literal["other_page", "unseen", "error"]


@dataclass(frozen=True)
class ViewsChanged:
    """So many views are in pages that live."""

    views: int


PresenceCommand = Name | Roll | MicrophoneLost | ViewsChanged


@dataclass
class Page:
    """One page.

    Attributes
    ----------
    page_id, client
        Its own id, and that of its connection to the kernel (empty if it is not known).
    phase
        See `PAGE_PHASES`.
    views, sound, microphone
        As the page said last.
    sign, asked
        When it gave the last sign, and when it was first asked for one since (None: it was not).
    used
        When the user last did something in it.
    wishes_until
        Until when it shall get the sound if it can.
    """

    page_id: str
    client: str = ""
    phase: PagePhase = PAGE_PHASES.initial
    views: int = 0
    sound: Sound = "waiting"
    microphone: bool = False
    sign: float = 0.0
    asked: float | None = None
    used: float = float("-inf")
    wishes_until: float = float("-inf")

    @property
    def may_play(self) -> bool:
        """Whether sound that is sent to it will be heard, as far as is known."""
        return self.sound in ("waiting", "ready")

    def step(self, event: PageEvent) -> None:
        """Apply an event; one that its phase does not know changes nothing."""
        self.phase = PAGE_PHASES[self.phase, event]


class Pages:
    """The pages of one session; each method applies an event and returns what has to be done."""

    def __init__(self) -> None:
        self._pages: dict[str, Page] = {}
        #: Ids of pages that said goodbye: what they sent before may come late.
        self._left: set[str] = set()
        self._sounding: Page | None = None
        self._views = 0
        self._ticked = 0.0
        #: The client that asked last and has no page yet, and until when its page shall get the sound.
        self._awaited = ("", float("-inf"))

    @property
    def sounding(self) -> str | None:
        """The page that plays and captures."""
        return self._sounding.page_id if self._sounding else None

    @property
    def player(self) -> str | None:
        """The page to which sound is sent; None if no page would play it."""
        return self._sounding.page_id if self._sounding and self._sounding.may_play else None

    @property
    def views(self) -> int:
        """Views in pages that live, or that gave no sign only lately."""
        return self._views

    @property
    def capturing(self) -> bool:
        """Whether the microphone of the page that sounds is open, or being opened."""
        return self._sounding is not None and self._sounding.microphone

    @property
    def watched(self) -> bool:
        """Whether a page shows the session, so that it needs beats."""
        return self._views > 0

    @property
    def known(self) -> bool:
        """Whether there is a page at all."""
        return bool(self._pages)

    @property
    def ids(self) -> frozenset[str]:
        """The pages that are not gone."""
        return frozenset(self._pages)

    def find(self, page_id: str) -> Page | None:
        """Return a page that is not gone."""
        return self._pages.get(page_id)

    def hello(self, page_id: str, views: int, sound: Sound, now: float, client: str = "") -> list[PresenceCommand]:
        """A page was loaded, or was cut off from the kernel: it waits until a page is named."""
        self._left.discard(page_id)
        rejoins = self.sounding == page_id
        page = self._lives(page_id, now)
        page.client = client or page.client
        awaited, until = self._awaited
        if page.client and page.client == awaited and now <= until:
            page.used, page.wishes_until = now, until
            self._awaited = ("", float("-inf"))
        commands = self.here(page_id, views, sound, now)
        if not any(isinstance(each, Name) for each in commands):
            commands.append(Name(self.sounding or "", begins=rejoins and self.sounding == page_id))
        if self._sounding and self._sounding is not page:
            commands += self._roll(now)
        return commands

    def here(self, page_id: str, views: int, sound: Sound, now: float) -> list[PresenceCommand]:
        """A page lives, with so many views, and can play or not."""
        page = self._lives(page_id, now)
        page.views, page.sound = views, sound
        commands: list[PresenceCommand] = []
        if views:
            page.step("seen")
        else:
            commands += self._leave(page, "hidden", "unseen")
        return commands + self._settle(now)

    def sign(self, page_id: str, now: float) -> list[PresenceCommand]:
        """A page sent something else; one that is not known counts as if it had said hello."""
        page = self._pages.get(page_id)
        if page is not None and page.phase != "silent":
            page.sign, page.asked = now, None
            return []
        if page_id in self._left:
            return []
        views, sound = (page.views, page.sound) if page else (1, "waiting")
        return self.hello(page_id, views, sound, now)

    def bye(self, page_id: str, now: float) -> list[PresenceCommand]:
        """A page is being closed."""
        self._left.add(page_id)
        page = self._pages.pop(page_id, None)
        if page is None:
            return []
        return self._leave(page, "bye", "unseen") + self._settle(now)

    def claim(self, page_id: str, now: float) -> list[PresenceCommand]:
        """The user wants to play and talk in this page."""
        commands = self.sign(page_id, now)
        return commands + self._wish(self._pages.get(page_id), now)

    def asked_by(self, client: str, now: float, talking: bool = False) -> list[PresenceCommand]:
        """The user of that client has typed something, or has run a cell that asks.

        Parameters
        ----------
        client
            Id of a connection to the kernel.
        now
            The time, in seconds.
        talking
            Whether somebody talks in the page that sounds: then it keeps the sound.
        """
        if not client or (talking and not (self._sounding and self._sounding.client == client)):
            return []
        page = max((each for each in self._pages.values() if each.client == client), key=_use, default=None)
        if page is None:
            self._awaited = (client, now + WISH_S)
        return self._wish(page, now)

    def microphone(self, page_id: str, on: bool, now: float) -> None:
        """A page opens its microphone, or has closed it."""
        if page := self._pages.get(page_id):
            page.microphone = on
            if on:
                page.used = now

    def stalled(self, now: float) -> list[PresenceCommand]:
        """The page that sounds does not play what it gets, whatever it says."""
        if self._sounding:
            self._sounding.sound = "blocked"
        return self._settle(now) + self._roll(now)  # it may answer that it can: then it gets the next answer

    def tick(self, now: float, heard: bool = True) -> list[PresenceCommand]:
        """Look for pages that are gone; to be called every `TICK_S`, and `PAGE_SIGN_S` after a roll.

        Parameters
        ----------
        now
            The time, in seconds.
        heard
            Whether signs of pages can come; not while a cell keeps a kernel without subshells.
        """
        late, self._ticked = now - self._ticked > TICK_S + LATE_S, now
        if late or not heard:
            for page in self._pages.values():
                page.sign, page.asked = now, None
            return []
        commands: list[PresenceCommand] = []
        for page in list(self._pages.values()):
            if page.phase == "silent":
                if now - page.sign >= FORGET_S:
                    page.step("forget")
                    del self._pages[page.page_id]
            elif page.asked is not None and now - page.asked >= self._limits(page)[1]:
                commands += self._leave(page, "no sign", "error")
        commands += self._settle(now)
        if any(now - each.sign >= self._limits(each)[0] and each.asked is None for each in self._present()):
            commands += self._roll(now)
        return commands

    def _present(self) -> list[Page]:
        return [page for page in self._pages.values() if page.phase != "silent"]

    def _limits(self, page: Page) -> tuple[float, float]:
        """After how long a page is asked for a sign, and how long it may take then."""
        rivals = sum(each.phase in ("watching", "sounding") for each in self._pages.values()) > 1
        return (ROLL_S, PAGE_SIGN_S) if rivals or page.microphone else (LONE_ROLL_S, LONE_SIGN_S)

    def _roll(self, now: float) -> list[PresenceCommand]:
        for page in self._present():
            if page.asked is None:
                page.asked = now
        return [Roll()]

    def _lives(self, page_id: str, now: float) -> Page:
        """Note a sign of a page, and return it."""
        if not self._pages:
            self._ticked = now
        page = self._pages.setdefault(page_id, Page(page_id))
        page.sign, page.asked = now, None
        if page.phase == "silent":
            page.step("sign")
            if page.views:
                page.step("seen")
            if self._sounding is None or page.used > self._sounding.used:
                page.wishes_until = now + WISH_S  # the user was there, and did nothing in another page since
        return page

    def _leave(self, page: Page, event: PageEvent, reason: Literal["unseen", "error"]) -> list[PresenceCommand]:
        """Let a page end that may have had the sound; `_settle` has to follow."""
        page.step(event)
        if page is not self._sounding:
            return []
        return self._take_microphone(page, reason)

    def _take_microphone(
        self, page: Page, reason: Literal["other_page", "unseen", "error"]
    ) -> list[PresenceCommand]:
        on, page.microphone = page.microphone, False
        return [MicrophoneLost(reason)] if on else []

    def _wish(self, page: Page | None, now: float) -> list[PresenceCommand]:
        if page is None:
            return []
        page.used, page.wishes_until = now, now + WISH_S
        return self._settle(now)

    def _settle(self, now: float) -> list[PresenceCommand]:
        """Choose the page that sounds, and return what follows."""
        commands: list[PresenceCommand] = []
        before = self._sounding
        chosen = self._choose(now)
        if chosen is not before:
            if before:
                before.step("hush")
                commands += self._take_microphone(before, "other_page")
            if chosen:
                chosen.step("sound")
            self._sounding = chosen
            commands.append(Name(chosen.page_id if chosen else "", begins=chosen is not None))
        if chosen and chosen.wishes_until > float("-inf"):
            for page in self._pages.values():  # of several wishes the last one counts
                if page.used <= chosen.used:
                    page.wishes_until = float("-inf")
        views = sum(page.views for page in self._pages.values())
        if views != self._views:
            self._views = views
            commands.append(ViewsChanged(views))
        return commands

    def _choose(self, now: float) -> Page | None:
        shown = [page for page in self._pages.values() if page.phase in ("watching", "sounding")]
        current = self._sounding if self._sounding in shown else None
        wishing = [page for page in shown if now <= page.wishes_until and page.sound == "ready"]
        if current and current.may_play and wishing:
            return max([current, *wishing], key=lambda page: (now <= page.wishes_until, page.used))

        def plays(page: Page) -> tuple[int, bool, float]:
            if page.sound == "ready" or (page is current and page.may_play):
                grade = 2
            else:
                grade = int(page.may_play or page is current)
            return grade, page is current, page.used

        return max(shown, key=plays, default=None)


def _use(page: Page) -> float:
    return page.used
