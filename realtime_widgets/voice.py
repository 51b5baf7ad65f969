"""The voice of the answers: sound as it came, whole samples, handed to the player a bounded time ahead. Pure."""

from __future__ import annotations

from collections import deque

from realtime_widgets.pcm import BYTES_PER_SAMPLE
from realtime_widgets.playback import Block, Cut, Pacer, Part, PlaybackLedger, PlayedTo
from realtime_widgets.turns import Command, Play, Silence


class VoiceOutput:
    """Takes the sound of content parts in, gives the commands that play and silence it.

    Attributes
    ----------
    ledger
        What came, what went to the player and what was heard.
    """

    def __init__(self) -> None:
        self.ledger = PlaybackLedger()
        self._pacer = Pacer()
        #: Blocks that the player has and that were not heard to their end, in order.
        self._with_player: deque[Block] = deque()
        #: Times the player was silenced, and times it answered that.
        self._silences = self._answers = 0
        #: Whether what was not heard may be played after all, and the silence that stopped it (0 for none).
        self._keeping, self._kept_by = False, 0
        self._going_on = False
        #: Bytes that were sent without the other half of their sample.
        self._half_samples: dict[Part, bytes] = {}

    @property
    def keeping(self) -> bool:
        """Whether something is kept that may be played on."""
        return self._keeping

    @property
    def speaking(self) -> bool:
        """Whether something sounds or is about to."""
        return not self._keeping and bool(self.ledger.playing)

    def push(self, part: Part, pcm: bytes) -> bytes:
        """Take more sound of `part`; gives it in whole samples."""
        pcm = self._half_samples.pop(part, b"") + pcm
        if len(pcm) % BYTES_PER_SAMPLE:
            pcm, self._half_samples[part] = pcm[:-1], pcm[-1:]
        state = self.ledger.state(part)
        if state is None or not state.cut:
            self._pacer.push(part, pcm, state.received if state else 0)
        self.ledger.received(part, len(pcm) // BYTES_PER_SAMPLE)
        return pcm

    def finish(self, part: Part) -> None:
        """Note that all sound of `part` came; harmless where none did or that is known."""
        state = self.ledger.state(part)
        if state is not None and not state.complete:
            self.ledger.completed(part)
            self._pacer.finish(part, state.received)

    def finish_item(self, item_id: str) -> None:
        """Note that all sound of an item came."""
        for part in self.ledger.playing:
            if part.item_id == item_id:
                self.finish(part)

    def due(self) -> list[Command]:
        """Give what the player has to get now."""
        if self._keeping:
            return []
        blocks = self._pacer.release(self.ledger.ahead())
        for block in blocks:
            if block.pcm:
                self.ledger.sent(block.part, block.samples)
        self._with_player.extend(blocks)
        return [Play(block) for block in blocks]

    def played(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's positions; gives what is due next."""
        self.ledger.report(positions)
        while self._with_player and self._unheard(self._with_player[0]) is None:
            self._with_player.popleft()
        return self.due()

    def stop(self, keep: bool = False) -> list[Command]:
        """Fall silent, where something plays; with `keep`, `go_on` or `give_up` says what becomes of the rest."""
        self._keeping |= keep  # what comes from now on is kept too, even if nothing sounds yet
        if not self.ledger.stop(self._silences + 1, keep):
            return []
        if not keep:
            self._pacer.clear()
            self._with_player.clear()
        self._silences += 1
        self._kept_by = self._silences if keep else self._kept_by
        return [Silence()]

    def silenced(self, positions: list[PlayedTo]) -> list[Cut]:
        """Take the player's answer to a `Silence`, or its word that it fell silent by itself."""
        if self._answers == self._silences:
            self._keeping = False
            self._pacer.drop(self.ledger.playing)
            self._with_player.clear()
            return self.ledger.cut(positions)
        self._answers += 1
        cuts = self.ledger.cut(positions, self._answers)
        if self._keeping and self._answers == self._kept_by:
            self._pacer.put_back([rest for block in self._with_player if (rest := self._unheard(block))])
            self._with_player.clear()
            if self._going_on:
                self._resume()
                return []
        return cuts

    def go_on(self) -> list[Command]:
        """Play on what was kept, from where it was heard; as soon as the player has said where that is."""
        if self._answers < self._kept_by:
            self._going_on = True
            return []
        self._resume()
        return self.due()

    def give_up(self, parts: list[Part]) -> list[Cut]:
        """Forget what was kept, and `parts`; gives where they end, as far as the player has told."""
        ended = [*parts, *self.ledger.kept]
        self._keeping = self._going_on = False
        self._pacer.drop(ended)
        self._with_player = deque(block for block in self._with_player if block.part not in ended)
        return self.ledger.give_up(parts)

    def _resume(self) -> None:
        self._keeping = self._going_on = False
        self.ledger.go_on()

    def _heard(self, part: Part) -> int:
        state = self.ledger.state(part)
        return state.heard if state else 0

    def _unheard(self, block: Block) -> Block | None:
        heard = self._heard(block.part)
        rest = block.after(heard)
        return rest if rest and (rest.pcm or heard < block.start) else None
