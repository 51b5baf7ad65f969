/** Captions: what is said in large letters as it is written down; the newest words stay in view. */

import type { AnyModel, AnyWidget } from "@anywidget/types";
import type { ReadonlySignal, Signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";
import { onMessage } from "../../anywidget";
import type { PortState } from "../../audio/port/state";
import type { Caption, CaptionsCommand } from "../../messages";
import { Scope } from "../../ui/bind";
import { ContrastIcon } from "../../ui/icons";
import { ProblemPanel } from "../../ui/problem";
import { hideCopy } from "../../ui/page/saved_copy";
import { type KnownStatus, sharedStatus } from "../../ui/statuses";
import { useFollowEnd } from "../../ui/transcript/list";
import { whyNot } from "../../ui/words";
import { saveWithoutCode } from "../../saved_state";
import { TranscriptStore } from "../talk/transcript_store";

interface Traits {
  port_id: string;
  entries: Caption[];
  /** Size of the letters, in CSS pixels. */
  font_size: number;
  high_contrast: boolean;
  /** What went wrong last; empty if nothing did. */
  problem: string;
  /** Name of the words' copy in the notebook's file. */
  saved_as: string;
}

export type CaptionStore = TranscriptStore<Caption>;

/** The sizes that the buttons go through, in CSS pixels. */
const SIZES = [12, 14, 16, 20, 24, 28, 34, 40, 48, 58, 72, 96];

/** Returns the next larger or smaller size; `size` itself at the end of them. */
export function nextSize(size: number, step: 1 | -1): number {
  const next = step > 0 ? SIZES.find((other) => other > size) : SIZES.findLast((other) => other < size);
  return next ?? size;
}

/** One caption. Its words decide the direction in which it is read. */
export function CaptionLine({ caption }: { caption: ReadonlySignal<Caption> }) {
  const { time, speaker, text, final } = caption.value;
  return (
    <p class={`rw-caption${final ? "" : " rw-caption-growing"}`} dir="auto">
      <span class="rw-caption-head" dir="auto">
        <time>{time}</time>
        {speaker && <span class="rw-caption-speaker">{speaker}</span>}
      </span>
      {text}
    </p>
  );
}

/** The newest caption that will not change any more, for screen readers: what still changes would be said twice. */
export function Spoken({ store }: { store: CaptionStore }) {
  const final = store.order.value.map((id) => store.entry(id)!.value).filter((caption) => caption.final);
  return (
    <span class="rw-spoken" aria-live="polite">
      {final.at(-1)?.text ?? ""}
    </span>
  );
}

export function SizeButtons(props: { size: Signal<number>; contrast: Signal<boolean> }) {
  const { size, contrast } = props;
  const step = (by: 1 | -1, label: string, name: string) => (
    <button
      type="button"
      class={`rw-small-button ${name}`}
      aria-label={label}
      title={label}
      disabled={nextSize(size.value, by) === size.value}
      onClick={() => (size.value = nextSize(size.value, by))}
    >
      A
    </button>
  );
  return (
    <>
      {step(-1, "Smaller letters", "rw-smaller")}
      {step(1, "Larger letters", "rw-larger")}
      <button
        type="button"
        class="rw-small-button"
        aria-label="High contrast"
        aria-pressed={contrast.value}
        title={contrast.value ? "Colours of the notebook" : "White letters on black"}
        onClick={() => (contrast.value = !contrast.value)}
      >
        <ContrastIcon />
      </button>
    </>
  );
}

export function CaptionsView(props: {
  store: CaptionStore;
  size: Signal<number>;
  contrast: Signal<boolean>;
  problem: ReadonlySignal<string>;
  port: ReadonlySignal<PortState | null>;
  status: ReadonlySignal<KnownStatus>;
}) {
  const { store, size, contrast } = props;
  const { list, away, toEnd } = useFollowEnd();
  useLayoutEffect(() => {
    if (!away) toEnd(); // other letters need another height
  }, [size.value]);
  const order = store.order.value;
  const why = whyNot(props.status.value.status, props.port.value);
  return (
    <div
      class={`rw-captions-box${contrast.value ? " rw-captions-contrast" : ""}`}
      style={{ "--rw-caption-size": `${size.value}px` }}
    >
      <div class="rw-list-place">
        <div
          class="rw-list rw-captions-list"
          ref={list}
          role="log"
          aria-live="off"
          aria-label="Captions"
          tabIndex={0}
        >
          {order.length === 0 && (
            <div class="rw-captions-empty">{why ? "Nothing was said." : "What is said appears here."}</div>
          )}
          {order.map((id) => (
            <CaptionLine key={id} caption={store.entry(id)!} />
          ))}
        </div>
        {away && (
          <button type="button" class="rw-to-end" onClick={toEnd}>
            Newest ↓
          </button>
        )}
      </div>
      <Spoken store={store} />
      <div class="rw-captions-bar">
        {props.problem.value && <ProblemPanel message={props.problem.value} />}
        <SizeButtons size={size} contrast={contrast} />
      </div>
    </div>
  );
}

/** Returns a trait as a signal that goes both ways. */
function shared<Name extends "font_size" | "high_contrast">(
  scope: Scope,
  model: AnyModel<Traits>,
  name: Name,
): Signal<Traits[Name]> {
  const value = scope.trait<Traits, Name>(model, name);
  scope.add(
    value.subscribe((now) => {
      if (now === model.get(name)) return;
      model.set(name, now);
      model.save_changes();
    }),
  );
  return value;
}

/** A factory, because each model has its own store, which follows messages also while no view is in the page. */
export default (() => {
  let store: CaptionStore | null = null;
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      const made = (store = new TranscriptStore<Caption>(model.get("entries")));
      const replace = () => made.replace(model.get("entries"));
      const endMessages = onMessage<CaptionsCommand>(model, (message) => made.apply(message));
      model.on("change:entries", replace);
      return () => {
        endMessages();
        model.off("change:entries", replace);
      };
    },
    render({ model, el }) {
      const scope = new Scope();
      scope.add(hideCopy(model.get("saved_as")));
      return scope.show(
        el,
        "rw-captions",
        <CaptionsView
          store={store!}
          size={shared(scope, model, "font_size")}
          contrast={shared(scope, model, "high_contrast")}
          problem={scope.trait(model, "problem")}
          port={scope.port(model).state}
          status={sharedStatus(scope, model.get("port_id"))}
        />,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
