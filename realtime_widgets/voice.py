"""The voice of the answers: sound as it came, whole samples, handed to the player a bounded time ahead. Pure."""

from __future__ import annotations

from realtime_widgets.audio import BYTES_PER_SAMPLE
from realtime_widgets.playback import Cut, Pacer, Part, PlaybackLedger, PlayedTo
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
        #: Times the player was silenced and has not answered.
        self._silences = 0
        #: Bytes that were sent without the other half of their sample.
        self._half_samples: dict[Part, bytes] = {}

    def push(self, part: Part, pcm: bytes) -> bytes:
        """Take more sound of `part`; gives it in whole samples."""
        pcm = self._half_samples.pop(part, b"") + pcm
        if len(pcm) % BYTES_PER_SAMPLE:
            pcm, self._half_samples[part] = pcm[:-1], pcm[-1:]
        self.ledger.received(part, len(pcm) // BYTES_PER_SAMPLE)
        self._pacer.push(part, pcm)
        return pcm

    def finish(self, part: Part) -> None:
        """Note that all sound of `part` came; harmless where none did or that is known."""
        state = self.ledger.state(part)
        if state is not None and not state.complete:
            self.ledger.completed(part)
            self._pacer.finish(part)

    def finish_item(self, item_id: str) -> None:
        """Note that all sound of an item came."""
        for part in self.ledger.playing:
            if part.item_id == item_id:
                self.finish(part)

    def due(self) -> list[Command]:
        """Give what the player has to get now."""
        blocks = self._pacer.release(self.ledger.ahead())
        for block in blocks:
            if block.pcm:
                self.ledger.sent(block.part, len(block.pcm) // BYTES_PER_SAMPLE)
        return [Play(block) for block in blocks]

    def played(self, positions: list[PlayedTo]) -> list[Command]:
        """Take the player's positions; gives what is due next."""
        self.ledger.report(positions)
        return self.due()

    def stop(self) -> list[Command]:
        """Fall silent, where something plays."""
        if not self.ledger.stop():
            return []
        self._pacer.clear()
        self._silences += 1
        return [Silence()]

    def silenced(self, positions: list[PlayedTo]) -> list[Cut]:
        """Take the player's answer to a `Silence`, or its word that it fell silent by itself."""
        asked, self._silences = self._silences > 0, max(0, self._silences - 1)
        return self.ledger.cut(positions, only_stopped=asked)
