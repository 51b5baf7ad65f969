import { describe, expect, it } from "vitest";
import type { ToolCard } from "../../src/messages";
import { Approval } from "../../src/ui/approval";
import { ToolCardView } from "../../src/ui/tools/card";
import { visible } from "../../src/ui/visible";
import { rendered } from "../rendered";
import "../../src/ui/bind";

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
      always: false,
      outputs: [],
      version: 1,
      change: "",
      place: "",
      beside: "",
      again: [],
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
