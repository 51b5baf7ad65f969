"""Text from outside is shown and not obeyed, whatever shows it: a page, a notebook's markdown, a terminal."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from realtime_widgets.core.usage.cost import Cost, CostLine
from realtime_widgets.core.usage.table import html_table, text_table
from realtime_widgets.core.usage.usage import Usage
from realtime_widgets.reply import Reply
from realtime_widgets.shown_text import in_html, in_markdown, markdown_code, visible
from realtime_widgets.tools.registry import ToolRegistry


class Page(HTMLParser):
    """Elements of a page, its text, and that part of the text in which MathJax looks for formulas."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.formulas = ""
        self._in_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # An address in the text may become a link to just that.
        if tag != "a" or not str(dict(attrs)["href"]).startswith("http://a/b"):
            self.elements.append(tag)
        self._in_code |= tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._in_code &= tag != "code"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.formulas += "" if self._in_code else data


def page_of(markdown: str) -> Page:
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return Page(markdown2html_mistune(markdown))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay\u202eexe.fdp", "pay⟨U+202E⟩exe.fdp"),
        ("a\u200bb\u2066c\ufeff\U000e0041", "a⟨U+200B⟩b⟨U+2066⟩c⟨U+FEFF⟩⟨U+E0041⟩"),
        ("\x1b]0;owned\x07\x1b[2J\x9b", "⟨U+001B⟩]0;owned⟨U+0007⟩⟨U+001B⟩[2J⟨U+009B⟩"),
        ("you:\rbot", "you:⟨U+000D⟩bot"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("a\u200db", "a⟨U+200D⟩b"),
        ("\ufe01\ufe02", "⟨U+FE01⟩⟨U+FE02⟩"),
    ],
)
def test_what_would_turn_hide_or_control_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["a\n\tb", "👨‍👩‍👧 ❤️ 👍🏽 🏳️‍🌈 1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "क्‍ष", "שלום", "葛󠄀", "$5 & <b>"]
)
def test_what_users_write_stays(text: str) -> None:
    assert visible(text) == text


HOSTILE = [
    "<script>alert(1)</script>",
    "</div><img src=x onerror=alert(1)>",
    "[go](javascript:alert(1)) ![x](http://a/b) <http://a/b>",
    "# head\n- list\n1. list\n> quote\n\n---\n===",
    "&lt;script&gt;&#x202e;",
    "| a | b |\n|---|---|\n| c | d |",
    r"$\href{javascript:alert(1)}{x}$ and $$y$$",
    r"\(x\) \[y\] \begin{align}z\end{align} \$ \\(w\\)",
    "`code` ``` ~~struck~~ *a* _b_ [^1]",
    "it costs $5 or C:\\dir",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_of_it_shows_the_text_and_makes_nothing_of_it(text: str) -> None:
    page = page_of(f"**You:** {in_markdown(text)}")
    assert set(page.elements) <= {"p", "strong", "code"}
    assert page.text.split() == f"You: {text}".split()
    for delimiter in ("$", r"\(", r"\)", r"\[", r"\]", r"\begin"):
        assert delimiter not in page.formulas


@pytest.mark.parametrize("text", HOSTILE)
def test_code_of_markdown_shows_the_text_in_one_line(text: str) -> None:
    page = page_of(f"**Tool** {markdown_code(text)}")
    assert page.elements == ["p", "strong", "code"]
    assert page.text.split() == f"Tool {text}".split()


def test_html_of_it_is_text() -> None:
    assert in_html("<b>\u202e\"'") == "&lt;b&gt;⟨U+202E⟩&quot;&#x27;"


def test_what_objects_show_of_themselves_is_text() -> None:
    hostile = "<b>\x1b[2J\u202e"
    reply = Reply(hostile, "", [], Usage(), b"")
    assert reply._repr_mimebundle_() == {"text/plain": "<b>⟨U+001B⟩[2J⟨U+202E⟩"}
    tools = ToolRegistry()
    tools.add(lambda: None, name="look", description=hostile)
    assert "&lt;b&gt;⟨U+001B⟩[2J⟨U+202E⟩" in tools._repr_html_()
    assert "<b>⟨U+001B⟩[2J⟨U+202E⟩" in repr(tools)
    line = CostLine("text in", 1, "tokens", model=hostile, rate=None)
    cost = Cost((line, CostLine("text out", 1, "tokens", model="m", rate=None)))
    for shown in (html_table(cost), text_table(cost)):
        assert "⟨U+001B⟩[2J⟨U+202E⟩" in shown
        assert "\x1b" not in shown
    assert "&lt;b&gt;⟨U+001B⟩" in html_table(cost)
