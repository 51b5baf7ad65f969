import { describe, expect, it } from "vitest";
import type { Entry, ToolCard } from "../../../src/messages";
import { callAsCode, talkAsText } from "../../../src/ui/transcript/actions";
import { saidLength } from "../../../src/ui/transcript/in_step";
import { holdsMarkdown, html } from "../../../src/ui/transcript/markdown";
import { matching } from "../../../src/ui/transcript/talk_bar";
import { spokenItem } from "../../../src/audio/port/positions";

function entry(kind: Entry["kind"], text: string, more: Partial<Entry> = {}): Entry {
  return {
    id: text || "tool",
    kind,
    text,
    source: "text",
    state: "completed",
    cut: false,
    heard_ms: null,
    heard_length: null,
    preamble: false,
    delay: null,
    turn: null,
    at: null,
    sound: false,
    sound_gone: false,
    edited: false,
    ...more,
  };
}

const made = (text: string) => html(text, (dirty) => dirty);

describe("markdown", () => {
  it("is told from plain speech", () => {
    const marked = [
      "Use `len(x)` here.",
      "```python\nprint(1)\n```",
      "It is **very** hot.",
      "- one\n- two",
      "| a | b |\n|---|---|\n| 1 | 2 |",
      "See [the docs](https://example.org).",
      "So $E = mc^2$ holds.",
      "\\[ x^2 \\]",
    ];
    for (const text of marked) expect([text, holdsMarkdown(text)]).toEqual([text, true]);
    for (const text of [
      "It costs $5, or $7 with tax.",
      "Two * three is six.",
      "1. is a number",
      "Well [sic] it is.",
      "snake_case_name",
    ])
      expect([text, holdsMarkdown(text)]).toEqual([text, false]);
  });

  it("shows HTML of the text as text", () => {
    expect(made("<img src=x onerror=alert(1)> <script>alert(1)</script>")).not.toMatch(/<(img|script)/);
    expect(made("a <b>bold</b> claim")).toContain("&lt;b&gt;");
  });

  it("loads no image", () => {
    expect(made("![a cat](https://example.org/cat.png)")).toContain(
      '<a href="https://example.org/cat.png">a cat</a>',
    );
  });

  it("shows unseen characters by their numbers", () => {
    expect(made("a\u202eb")).toContain("⟨U+202E⟩");
  });

  it("keeps formulas for what draws them, and money as it is", () => {
    expect(made("So $a_1 * b_2$ and $$x < y$$ hold.")).toContain(
      '<span class="rw-math" data-display="false">a_1 * b_2</span>',
    );
    expect(made("$$\nx < y\n$$")).toContain('<span class="rw-math" data-display="true">x &lt; y</span>');
    expect(made("From $5 to $7.")).not.toContain("rw-math");
  });
});

describe("words in step with the voice", () => {
  const text = "Good evening. It is late, and I am tired.";
  const at = (heardMs: number, complete = true) =>
    text.slice(0, saidLength(text, { id: "a", heardMs, receivedMs: 4000 }, complete)).trim();

  it("come one by one, with pauses at punctuation", () => {
    expect(at(0)).toBe("Good");
    expect(at(1200)).toBe("Good evening.");
    expect(at(1400)).toBe("Good evening.");
    expect(at(3999)).toBe(text);
    expect(at(4000)).toBe(text);
  });

  it("do not run ahead while the rest of the sound is on its way", () => {
    const words = "word ".repeat(100);
    const said = saidLength(words, { id: "a", heardMs: 1000, receivedMs: 1500 }, false);
    expect(said).toBeLessThan(40);
  });

  it("are those of the item that plays", () => {
    const position = (item_id: string, played: number, received: number) => ({
      item_id,
      content_index: 0,
      played,
      received,
    });
    expect(spokenItem([])).toBeNull();
    expect(
      spokenItem([position("a", 24000, 24000), position("b", 12000, 48000), position("c", 0, 9)]),
    ).toEqual({
      id: "b",
      heardMs: 500,
      receivedMs: 2000,
    });
  });
});

describe("copies", () => {
  it("write a call as Python", () => {
    expect(callAsCode("go", '{"meters": 10, "fast": true, "to": null, "way": ["a", {"b": "c\\"d"}]}')).toBe(
      'go(meters=10, fast=True, to=None, way=["a", {"b": "c\\"d"}])',
    );
    expect(callAsCode("go", '{"not a name": 1}')).toBe('go(**{"not a name": 1})');
    expect(callAsCode("go", "")).toBe("go()");
    expect(callAsCode("go", "{broken")).toBe("go()  # {broken");
  });

  it("hold the whole talk", () => {
    const tool = { name: "go", arguments: '{"meters": 10}', result: "done", error: "" } as ToolCard;
    const talk = [
      entry("user", "Go."),
      entry("tool", "", { tool }),
      entry("notice", "x"),
      entry("assistant", "OK."),
    ];
    expect(talkAsText(talk)).toBe("**You:** Go.\n\n    go(meters=10)\n    # done\n\n**Assistant:** OK.\n");
  });
});

describe("a search", () => {
  it("finds entries with all words, in tool calls too", () => {
    const tool = {
      name: "reaction_rate",
      arguments: "{}",
      result: "0.8",
      error: "",
      printed: "",
    } as ToolCard;
    const talk = [entry("user", "How FAST is it?"), entry("assistant", "Fast."), entry("tool", "", { tool })];
    expect([...matching(talk, "fast")]).toEqual(["How FAST is it?", "Fast."]);
    expect([...matching(talk, "is fast")]).toEqual(["How FAST is it?"]);
    expect([...matching(talk, "reaction 0.8")]).toEqual(["tool"]);
    expect(matching(talk, "nothing").size).toBe(0);
    expect(matching(talk, "").size).toBe(3);
  });
});
