import { type ComponentChild, render } from "preact";
import { describe, expect, it } from "vitest";
import type { ToolCard } from "../../src/messages";
import { Approval } from "../../src/ui/approval";
import { ToolCardView } from "../../src/ui/tools/card";
import { visible } from "../../src/ui/visible";
import "../../src/ui/bind";

/** As much of a page as Preact needs to render into. */
class Played {
  readonly childNodes: Played[] = [];
  readonly attributes: Record<string, string> = {};
  readonly namespaceURI = "http://www.w3.org/1999/xhtml";
  parentNode: Played | null = null;
  constructor(
    readonly localName: string,
    public data = "",
  ) {}
  get nodeType(): number {
    return this.localName === "#text" ? 3 : 1;
  }
  get ownerDocument() {
    return {
      createTextNode: (text: string) => new Played("#text", text),
      createElementNS: (_: string, name: string) => new Played(name),
      createElement: (name: string) => new Played(name),
    };
  }
  get nextSibling(): Played | null {
    const siblings = this.parentNode?.childNodes ?? [];
    return siblings[siblings.indexOf(this) + 1] ?? null;
  }
  insertBefore(node: Played, before: Played | null): Played {
    const at = before ? this.childNodes.indexOf(before) : this.childNodes.length;
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  setAttribute(name: string, value: string): void {
    this.attributes[name] = value;
  }
  removeAttribute(name: string): void {
    delete this.attributes[name];
  }
  addEventListener(): void {}
  get text(): string {
    return this.data + this.childNodes.map((child) => child.text).join("");
  }
  get spoken(): string {
    return [...Object.values(this.attributes), ...this.childNodes.map((child) => child.spoken)].join(" ");
  }
}

function rendered(view: ComponentChild): Played {
  const page = new Played("div");
  (globalThis as Record<string, unknown>).document ??= page.ownerDocument;
  render(view, page as unknown as Element);
  return page;
}

describe("text from outside", () => {
  it("shows what would turn, hide or control", () => {
    expect(visible("pay\u202eexe.fdp")).toBe("pay⟨U+202E⟩exe.fdp");
    expect(visible("a\u200bb\u2066c\u{e0041}\x1b[2J\ufeff")).toBe(
      "a⟨U+200B⟩b⟨U+2066⟩c⟨U+E0041⟩⟨U+001B⟩[2J⟨U+FEFF⟩",
    );
    expect(visible("a\u200db \ud800")).toBe("a⟨U+200D⟩b ⟨U+D800⟩");
  });

  it("leaves what users write as it is", () => {
    for (const text of ["a\n\tb\r\n", "👨‍👩‍👧 ❤️ 👍🏽 🏳️‍🌈 1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "می‌خواهم", "क्‍ष", "שלום", "葛󠄀", "$5 & <b>"]) {
      expect(visible(text)).toBe(text);
    }
  });

  it("is shown on a card that asks for consent, in what is seen and what is spoken", () => {
    const tool: ToolCard = {
      call_id: "c1",
      name: "read\u202email",
      // JSON hides it from whoever looks at the text alone.
      arguments: '{"to": "a\\u202eb", "body": "\\u200b"}',
      read_as: "",
      state: "approval",
      result: "",
      error: "",
      traceback: "",
      printed: "",
      note: "",
      fraction: 0.5,
      pictures: [],
      limit_s: null,
      seconds_left: null,
      by_voice: false,
      consent: "",
      outputs: [],
      seconds: null,
    };
    const page = rendered(
      <>
        <ToolCardView tool={tool} decide={() => undefined} />
        <Approval tool={tool} more={0} decide={() => undefined} />
      </>,
    );
    expect(page.text).toContain("Let the model run read⟨U+202E⟩mail with these arguments?");
    expect(page.text).toContain("a⟨U+202E⟩b");
    expect(page.text).toContain("⟨U+200B⟩");
    expect(page.spoken).toContain("Progress of read⟨U+202E⟩mail");
    expect(page.text + page.spoken).not.toMatch(/[\u200b\u202e]/);
  });
});
