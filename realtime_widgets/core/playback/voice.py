"""The voice of the answers: sound as it came, whole samples, handed to the player a bounded time ahead. Pure."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

from realtime_widgets.audio.pcm import BYTES_PER_SAMPLE
from realtime_widgets.core.playback.commands import Play, Silence
from realtime_widgets.core.playback.ledger import Cut, Part, PlaybackLedger, PlayedTo
from realtime_widgets.core.playback.pacing import Block, Pacer
from realtime_widgets.core.transitions import TransitionTable

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Whether audio is sent to the player: it is; the player was asked to stop and has not answered; the rest waits
#: for a decision; the rest is resumed as soon as the player has answered.
VoicePhase = Literal["flowing", "pausing", "held", "resuming"]
#: The player is asked to pause; there was nothing to pause; the player answers; the rest is to be resumed, or
#: discarded; the player stopped by itself.
VoiceEvent = Literal["pause", "hold", "answered", "resume", "discard", "lost"]

VOICE_PHASES = TransitionTable[VoicePhase, VoiceEvent](
    "flowing",
    {
        ("flowing", "pause"): "pausing",
        ("flowing", "hold"): "held",
        ("pausing", "answered"): "held",
        ("pausing", "resume"): "resuming",
        ("resuming", "answered"): "flowing",
        ("held", "resume"): "flowing",
        ("pausing", "discard"): "flowing",
        ("held", "discard"): "flowing",
        ("resuming", "discard"): "flowing",
        ("pausing", "lost"): "flowing",
        ("held", "lost"): "flowing",
        ("resuming", "lost"): "flowing",
    },
)


class VoiceOutput:
    """Collects the sound of content parts, and returns the commands that play and silence it.

    Attributes
    ----------
    ledger
        What came, what went to the player and what was heard.
    phase
        See `VOICE_PHASES`.
    """

    def __init__(self) -> None:
        self.ledger = PlaybackLedger()
        self.phase: VoicePhase = VOICE_PHASES.initial
        self._pacer = Pacer()
        #: Blocks that the player has and that were not heard to their end, in order.
        self._with_player: deque[Block] = deque()
        #: Times the player was silenced, times it answered that, and the silence that paused it (0 for none).
        self._silences = self._answers = self._paused_by = 0
        #: Responses of which nothing more is played.
        self._muted: set[str] = set()
        #: Parts that end as soon as an answer is heard.
        self._yielding: set[Part] = set()
        #: Bytes that were sent without the other half of their sample.
        self._half_samples: dict[Part, bytes] = {}

    @property
    def keeping(self) -> bool:
        """Whether something is kept that may be played on."""
        return self.phase != "flowing"

    @property
    def speaking(self) -> bool:
        """Whether something sounds or is about to."""
        return self.phase == "flowing" and bool(self.ledger.playing)

    def mute(self, response_ids: Iterable[str]) -> None:
        """Play nothing of these responses that comes from now on."""
        self._muted.update(response_ids)

    def is_muted(self, response_id: str) -> bool:
        """Whether what comes of a response is not played."""
        return response_id in self._muted

    def push(self, part: Part, pcm: bytes) -> bytes:
        """Queue more sound of `part`; returns what came of it in whole samples."""
        if part in self._half_samples:
            pcm = self._half_samples.pop(part) + pcm
        if len(pcm) % BYTES_PER_SAMPLE:
            pcm, self._half_samples[part] = pcm[:-1], pcm[-1:]
        samples = len(pcm) // BYTES_PER_SAMPLE
        state = self.ledger.received(part, samples)
        if state.phase != "cut":
            self._pacer.push(part, pcm, state.received - samples)
        return pcm

    def give_way(self, part: Part) -> None:
        """Let `part` end as soon as sound of an answer comes."""
        self._yielding.add(part)

    def make_way(self) -> list[Play | Silence]:
        """Silence what gives way to an answer, if nothing else sounds; call it before the answer is pushed."""
        playing = self.ledger.playing if self._yielding else []
        alone = self.phase == "flowing" and bool(playing) and self._yielding.issuperset(playing)
        self._yielding.intersection_update(playing)
        return self.stop() if alone else []

    def finish(self, part: Part) -> None:
        """Note that all sound of `part` came; harmless if none did or that is known."""
        state = self.ledger.state(part)
        if state is not None and not state.complete:
            self.ledger.completed(part)
            self._pacer.finish(part, state.received)

    def finish_item(self, item_id: str) -> None:
        """Note that all sound of an item came."""
        for part in self.ledger.playing:
            if part.item_id == item_id:
                self.finish(part)

    def due(self) -> list[Play | Silence]:
        """Return what the player has to get now."""
        if self.phase != "flowing":
            return []
        blocks = self._pacer.release(self.ledger.ahead())
        for block in blocks:
            if block.pcm:
                self.ledger.sent(block.part, len(block.pcm) // BYTES_PER_SAMPLE)
        self._with_player.extend(blocks)
        return [Play(block) for block in blocks]

    def played(self, positions: list[PlayedTo]) -> list[Play | Silence]:
        """Apply the player's positions; returns what is due next."""
        self.ledger.report(positions)
        self._drop_heard()
        return self.due()

    def stop(self, keep: bool = False) -> list[Play | Silence]:
        """Stop playback. With `keep` hold the rest, also what is still to come, until `resume` or `discard`."""
        sounded = self.ledger.stop(self._silences + 1, keep)
        if keep:  # the player may still have to answer an earlier pause
            self._step("pause" if sounded or self._answers < self._paused_by else "hold")
        if not sounded:
            return []
        self._silences += 1
        if keep:
            self._paused_by = self._silences
        else:
            self._pacer.clear()
            self._with_player.clear()
        return [Silence()]

    def silenced(self, positions: list[PlayedTo]) -> list[Cut]:
        """Apply the player's answer to a `Silence`, or its report that it fell silent by itself."""
        if self._answers == self._silences:
            self._step("lost")
            self._pacer.drop(self.ledger.playing)
            self._with_player.clear()
            return self.ledger.silenced(positions)
        self._answers += 1
        cuts = self.ledger.silenced(positions, self._answers)
        if self.phase != "flowing" and self._answers == self._paused_by:
            self._put_back_unheard()
            if self._step("answered") == "flowing":
                self.ledger.resume()
                return []
        return cuts

    def resume(self) -> list[Play | Silence]:
        """Play on what was kept, from where it was heard; as soon as the player has said where that is."""
        if self._step("resume") == "resuming":
            return []
        self.ledger.resume()
        return self.due()

    def discard(self, parts: list[Part]) -> list[Cut]:
        """Forget what was kept, and `parts`; returns where they end, as far as the player has told."""
        ended = [*parts, *self.ledger.kept]
        self._step("discard")
        self._pacer.drop(ended)
        self._with_player = deque(block for block in self._with_player if block.part not in ended)
        return self.ledger.discard(parts)

    def _step(self, event: VoiceEvent) -> VoicePhase:
        self.phase = VOICE_PHASES[self.phase, event]
        return self.phase

    def _drop_heard(self) -> None:
        """Forget the blocks that were heard; a player plays them in order."""
        while self._with_player and self._rest(self._with_player[0]) is None:
            self._with_player.popleft()

    def _put_back_unheard(self) -> None:
        """Queue again what the player had and was not heard, from the middle of a block on."""
        self._drop_heard()
        if self._with_player and (rest := self._rest(self._with_player[0])):
            self._with_player[0] = rest
        self._pacer.put_back(self._with_player)
        self._with_player.clear()

    def _rest(self, block: Block) -> Block | None:
        state = self.ledger.state(block.part)
        return block.unheard(state.heard if state else 0)
