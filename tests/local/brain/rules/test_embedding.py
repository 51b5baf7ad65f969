"""The sentence model finds what means the same in other words, on every processor alike."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_widgets.local.brain.rules.embedding import SentenceEmbedder
from tests.local.brain.tools_table import TOOLS

pytestmark = pytest.mark.models

#: What is said, the tool whose description means the most like it, and how alike the two are.
ALIKE = [
    ("How warm is it outside?", "get_weather", 0.494),
    ("How quickly does it react?", "reaction_rate", 0.495),
    ("Wake me in ten minutes.", "create_reminder", 0.467),
    ("We need somewhere to meet on Monday.", "book_room", 0.502),
    ("What are fifty dollars worth in Europe?", "convert_currency", 0.449),
]
#: Processors differ by less than 0.0001; the next best tool lies at least 0.1 below.
TOLERANCE = 0.005


def test_what_means_the_same_lies_nearest_and_as_near_as_ever() -> None:
    embed = SentenceEmbedder.load()
    names = [tool["name"] for tool in TOOLS]
    likeness = embed([said for said, _, _ in ALIKE]) @ embed([tool["description"] for tool in TOOLS]).T
    assert [names[best] for best in likeness.argmax(axis=1)] == [name for _, name, _ in ALIKE]
    np.testing.assert_allclose(likeness.max(axis=1), [kept for _, _, kept in ALIKE], rtol=0, atol=TOLERANCE)
