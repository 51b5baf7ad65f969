"""A long talk keeps its words and only the last of its sound."""

from __future__ import annotations

import pytest

from realtime_widgets.local.realtime.conversation.conversation import KEPT_SOUND, Conversation, Item, Speech
from realtime_widgets.local.realtime.conversation.kept_sound import KeptSound

MIB = 1024 * 1024


def answer(number: int) -> Item:
    content = [{"type": "output_audio", "transcript": f"Answer {number}"}]
    wire = {"id": f"a{number}", "type": "message", "role": "assistant", "status": "completed", "content": content}
    return Item(wire, {0: Speech(data=KeptSound(bytes(MIB)), sentences=[(f"Answer {number}", 0.0)])})


def long_talk() -> Conversation:
    conversation = Conversation()
    for number in range(3 * KEPT_SOUND // MIB):
        conversation.append(answer(number))
    return conversation


def test_sound_in_memory_is_bounded_and_the_newest_is_kept() -> None:
    items = list(long_talk())
    assert sum(len(item.speech[0].data) for item in items) <= KEPT_SOUND + MIB
    assert "audio" in items[-1].with_audio()["content"][0]
    oldest = items[0].with_audio()["content"][0]
    assert "audio" not in oldest
    assert oldest["transcript"] == "Answer 0"


def test_an_answer_whose_sound_is_gone_has_its_length_and_can_be_truncated() -> None:
    conversation = long_talk()
    oldest = next(iter(conversation))
    length_ms = MIB * 1000 / 48_000
    assert oldest.speech[0].milliseconds == length_ms
    conversation.truncate("a0", 0, 1000)
    assert oldest.speech[0].milliseconds == 1000


@pytest.mark.parametrize("piece", [1, 4800, 8191, 8192, 20_000, 100_000])
def test_sound_comes_back_as_it_came_in_pieces_of_any_size(piece: int) -> None:
    sound = bytes(range(251)) * 400
    kept = KeptSound()
    for start in range(0, len(sound), piece):
        kept.append(sound[start : start + piece])
    assert (bytes(kept), len(kept)) == (sound, len(sound))


@pytest.mark.parametrize("size", [0, 1, 8191, 8192, 8193, 50_000, 100_400, 200_000])
def test_sound_that_was_cut_is_the_beginning_and_may_grow_again(size: int) -> None:
    sound = bytes(range(251)) * 400
    kept = KeptSound(sound)
    kept.cut(size)
    kept.append(b"more")
    assert bytes(kept) == sound[:size] + b"more"
