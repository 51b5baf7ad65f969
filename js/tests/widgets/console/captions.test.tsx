import { signal } from "@preact/signals";
import { describe, expect, it } from "vitest";
import type { Caption } from "../../../src/messages";
import { TranscriptStore } from "../../../src/widgets/talk/transcript_store";
import { CaptionLine, nextSize, SizeButtons, Spoken } from "../../../src/widgets/console/captions";
import { rendered } from "../../rendered";

function caption(id: string, text: string, more: Partial<Caption> = {}): Caption {
  return { id, start: 0, time: "0:07", text, final: true, speaker: "", ...more };
}

describe("a caption", () => {
  it("shows when it was said, by whom, and its words as text", () => {
    const page = rendered(
      <CaptionLine caption={signal(caption("a", "<b>Good</b> \u202emorning", { speaker: "Ann" }))} />,
    );
    expect(page.text).toBe("0:07Ann<b>Good</b> ⟨U+202E⟩morning");
  });

  it("lets its words decide the direction", () => {
    const page = rendered(<CaptionLine caption={signal(caption("a", "שלום"))} />);
    expect(page.childNodes[0]!.attributes).toMatchObject({ dir: "auto", class: "rw-caption" });
  });

  it("looks different while it may change", () => {
    const page = rendered(<CaptionLine caption={signal(caption("a", "Good", { final: false }))} />);
    expect(page.childNodes[0]!.attributes["class"]).toBe("rw-caption rw-caption-growing");
  });
});

describe("captions", () => {
  it("take the words of the kernel in their order", () => {
    const store = new TranscriptStore<Caption>([caption("a", "One.")]);
    store.apply({ type: "upsert", entry: caption("c", "Three."), after: "b" });
    store.apply({ type: "upsert", entry: caption("b", "Two.", { final: false }), after: "a" });
    expect(store.order.value).toEqual(["a", "b", "c"]);
    store.apply({ type: "upsert", entry: caption("b", "Two!"), after: "a" });
    expect(store.entry("b")!.value.text).toBe("Two!");
    store.apply({ type: "remove", id: "b" });
    expect(store.order.value).toEqual(["a", "c"]);
  });

  it("tell a screen reader each caption once, when it is final", () => {
    const store = new TranscriptStore<Caption>([caption("a", "One."), caption("b", "Tw", { final: false })]);
    const page = rendered(<Spoken store={store} />);
    expect(page.childNodes[0]!.attributes["aria-live"]).toBe("polite");
    expect(page.text).toBe("One.");
  });

  it("have letters of a size that the user steps through", () => {
    expect([nextSize(28, 1), nextSize(28, -1), nextSize(30, 1), nextSize(30, -1)]).toEqual([34, 24, 34, 28]);
    expect([nextSize(96, 1), nextSize(12, -1), nextSize(200, -1)]).toEqual([96, 12, 96]);
    const page = rendered(<SizeButtons size={signal(96)} contrast={signal(true)} />);
    const [smaller, larger, contrast] = page.childNodes.map((button) => button.attributes);
    expect([smaller!["aria-label"], larger!["aria-label"]]).toEqual(["Smaller letters", "Larger letters"]);
    expect(contrast).toMatchObject({ "aria-label": "High contrast", "aria-pressed": true });
  });
});
