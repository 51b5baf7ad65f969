"""Who owns a session: in whatever order cells run, consoles come and go and sessions end, none is lost or deaf."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from realtime_widgets.session.lifetime.ownership import (
    AskOwned,
    CloseMicrophone,
    End,
    LifeCommand,
    Ownership,
    StartGrace,
    StopGrace,
    Succeed,
    TakeOver,
)

ACTIONS = ("run", "run other", "show", "show again", "clear", "grace", "close", "restart", "keep", "talk here")


class Room:
    """A notebook of two cells that each make a session under a name, and what is done with them."""

    def __init__(self) -> None:
        self.ownership = Ownership()
        self.names: dict[str, int] = {}
        self.kept: set[int] = set()
        self.views: Counter[int] = Counter()
        self.graces: set[int] = set()
        self.over: set[int] = set()
        self.successors: dict[int, int | None] = {}
        self.microphones: set[int] = set()
        self.taken_over: list[TakeOver] = []
        self.ended: list[End] = []
        self.made = 0

    def do(self, action: str, chosen: int) -> None:
        newest = self.names.get("session")
        session = chosen % self.made + 1 if self.made else None
        match action:
            case "run" | "run other":
                self.run(action, "session" if action == "run" else "other")
            case "show" | "show again" if newest:
                self.show(newest)
            case "clear" if session:
                self.views[session] = 0
                self.obey(self.ownership.viewed(session, 0))
            case "grace" if session in self.graces:
                self.graces.discard(session)
                self.obey(self.ownership.grace_over(session))
            case "close" if session and session not in self.over:
                self.over.add(session)
                self.obey(self.ownership.ended(session))
            case "restart" if session in self.over:
                self.over.discard(session)
                self.obey(self.ownership.started_again(session))
            case "keep" if newest:
                self.kept.add(newest)
            case "talk here" if session and self.views[session]:
                self.obey(self.ownership.talk_here(session))

    def show(self, session: int) -> None:
        self.views[session] += 1
        if session not in self.over and not self.successors.get(session):
            self.microphones.add(session)
        self.obey(self.ownership.viewed(session, self.views[session]))

    def run(self, cell: str, name: str) -> None:
        self.ownership.began(cell)
        self.made += 1
        self.obey(self.ownership.made(self.made))
        before = dict(self.names)
        self.names[name] = self.made
        self.obey(self.ownership.ran(cell, before, self.names))

    def obey(self, commands: list[LifeCommand]) -> None:
        for command in commands:
            match command:
                case CloseMicrophone(session):
                    self.microphones.discard(session)
                case Succeed(session, successor):
                    self.successors[session] = successor
                case TakeOver():
                    self.taken_over.append(command)
                case StartGrace(session):
                    self.graces.add(session)
                case StopGrace(session):
                    self.graces.discard(session)
                case AskOwned(session):
                    self.obey(self.ownership.owned(session, self.owned(session)))
                case End(session):
                    self.over.add(session)
                    self.ended.append(command)
                    self.obey(self.ownership.ended(session))

    def owned(self, session: int) -> bool:
        return session in self.names.values() or session in self.kept or self.views[session] > 0


def test_a_cell_run_again_hands_over_the_place_the_tools_and_the_microphone() -> None:
    room = Room()
    room.run("run", "session")
    room.show(1)
    room.run("run", "session")
    assert room.successors == {1: 2}
    assert room.microphones == set()
    assert room.taken_over == [TakeOver(2, 1)]
    assert room.ended == []  # it is still shown, and says which session took its place
    room.do("clear", 0)
    room.do("grace", 0)
    assert [end.session for end in room.ended] == [1]


def test_a_second_replacement_leads_from_both_earlier_ones_to_the_newest() -> None:
    room = Room()
    for _ in range(3):
        room.run("run", "session")
        room.show(room.made)
    assert room.successors == {1: 3, 2: 3}


def test_a_session_that_the_user_goes_on_with_is_an_ordinary_one_again() -> None:
    room = Room()
    room.run("run", "session")
    room.show(1)
    room.run("run", "session")
    room.do("talk here", 0)
    assert room.successors == {1: None}
    room.run("run", "session")
    assert room.successors[2] == 3


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5)), max_size=12))
def test_whatever_the_order_no_session_is_deaf_unseen_or_heard_without_a_sign(
    actions: list[tuple[str, int]],
) -> None:
    room = Room()
    room.run("run", "session")
    for action, chosen in actions:
        room.do(action, chosen)
        for session in range(1, room.made + 1):
            over, successor = session in room.over, room.successors.get(session)
            if session in room.microphones:
                assert not over
                assert not successor
                assert room.views[session] or session in room.graces
            if successor:
                assert successor > session or room.successors.get(successor) is None
                assert room.successors.get(successor) is None, "a console leads to the session that is the user's"
            if successor and not over:
                assert room.owned(session) or session in room.graces
        assert not any(room.owned(end.session) and end.session in room.names.values() for end in room.ended)
