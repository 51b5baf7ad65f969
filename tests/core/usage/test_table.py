"""The table of what was used and what it cost: as text, and in a notebook."""

from __future__ import annotations

from realtime_widgets import Usage
from realtime_widgets.core.usage.cost import Cost
from tests.core.usage.bills import ONE, price, wire


def test_the_table_in_a_notebook_escapes_what_came_from_elsewhere() -> None:
    nasty = "<script>alert(1)</script>&"
    usage = Usage.of_response(ONE, model=nasty) + Usage.of_response(ONE, price("gpt-realtime"), "gpt-realtime")
    html = usage._repr_html_()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in html
    assert "give it with RealtimeSession(prices=...)" in html


def test_the_table_as_text() -> None:
    usage = Usage.of_response(wire((1500, 10_000, 0), (500, 8000, 0), (200, 1000)), price("gpt-realtime-2.1"), "g")
    assert usage.table().splitlines() == [
        "                          used               price     cost",
        "-----------------------------------------------------------",
        "text in           1,000 tokens   $4.00 per million   $0.004",
        "text in, cached     500 tokens   $0.40 per million  $0.0002",
        "audio in          2,000 tokens  $32.00 per million   $0.064",
        "audio in, cached  8,000 tokens   $0.40 per million  $0.0032",
        "text out            200 tokens  $24.00 per million  $0.0048",
        "audio out         1,000 tokens  $64.00 per million   $0.064",
        "-----------------------------------------------------------",
        "total                                               $0.1402",
        f"Prices: {price('gpt-realtime-2.1').source}.",
    ]
    assert Usage().table() == "Nothing used yet."
    assert Usage()._repr_html_() == "<p>Nothing used yet.</p>"
    assert str(Cost()) == "$0.00"
