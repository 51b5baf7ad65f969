/** The transcript: who said what, what the tools did, what went wrong; and a field to type messages. */

import type { AnyWidget } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal, useComputed } from "@preact/signals";
import type { ComponentChild } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { bufferOf, onMessage, sender } from "../../anywidget";
import type { PortState } from "../../audio/port/state";
import type { Entry, Said, TranscriptCommand, TranscriptReport } from "../../messages";
import { Pinned } from "../../ui/approval";
import { Scope } from "../../ui/bind";
import { FoldIcon, MicrophoneIcon } from "../../ui/icons";
import { leaveTalk, leftTalk, takeTalk } from "../../ui/page/left_talk";
import { hideCopy } from "../../ui/page/saved_copy";
import { keepOn } from "../../ui/sound/keep_on";
import { type KnownStatus, sharedStatus } from "../../ui/statuses";
import { Composer } from "../../ui/transcript/composer";
import type { Attached } from "../../ui/transcript/attached";
import { EntryView, type Talk } from "../../ui/transcript/entry";
import { formulasCame, formulasFrom } from "../../ui/transcript/formulas";
import { useEntryKeys, useFollowEnd } from "../../ui/transcript/list";
import { matching, TalkBar } from "../../ui/transcript/talk_bar";
import { FrontEndContext, frontEndOf } from "../../ui/tools/front_end";
import { soundless, whyLater, whyNot, whyNotYet } from "../../ui/words";
import { TranscriptStore } from "./transcript_store";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  port_id: string;
  entries: Entry[];
  placeholder: string;
  can_say: boolean;
  /** Name of the talk's copy in the notebook's file. */
  saved_as: string;
}

/** What the views of one transcript share, so that it outlives them: JupyterLab removes cells that are out of view. */
export class Kept {
  readonly store: TranscriptStore;
  readonly draft = signal("");
  readonly images: Signal<readonly Attached[]> = signal([]);
  /** What is searched for; null while nothing is. */
  readonly search = signal<string | null>(null);
  readonly folded = signal(false);

  constructor(entries: readonly Entry[]) {
    this.store = new TranscriptStore(entries);
  }
}

/** What an empty list says: how to begin, or that nothing was said. */
function Empty(props: { why: string; silent: boolean; continueTalk: (() => void) | null }) {
  const { why, silent, continueTalk } = props;
  return (
    <div class="rw-empty">
      <MicrophoneIcon />
      <div>
        {why ? "Nothing was said." : silent ? "Type something below." : "Say something, or type it below."}
      </div>
      {!why && continueTalk && (
        <button type="button" class="rw-line-button rw-line-main" onClick={continueTalk}>
          Continue the talk from before the kernel was gone
        </button>
      )}
      {!why && <div class="rw-empty-hint">What you both say appears here, with every tool call.</div>}
    </div>
  );
}

function FoldButton({ folded }: { folded: Signal<boolean> }) {
  return (
    <button
      type="button"
      class="rw-fold-button"
      aria-label="Transcript"
      aria-expanded={!folded.value}
      title={folded.value ? "Show the whole transcript" : "Show only the newest words"}
      onClick={() => (folded.value = !folded.value)}
    >
      <FoldIcon folded={folded.value} />
    </button>
  );
}

/** Rows of entries, each made once: a talk of a thousand turns is not gone through again for each new word. */
function useRows(store: TranscriptStore, talk: Talk) {
  const rows = useMemo(() => new Map<string, ComponentChild>(), [store, talk]);
  return (id: string) => {
    if (!rows.has(id)) {
      rows.set(
        id,
        <div key={id} class="rw-entry" tabIndex={-1}>
          <EntryView entry={store.entry(id)!} talk={talk} />
        </div>,
      );
    }
    return rows.get(id);
  };
}

export function TranscriptView(props: {
  kept: Kept;
  placeholder: ReadonlySignal<string>;
  canSay: ReadonlySignal<boolean>;
  port: ReadonlySignal<PortState | null>;
  status: ReadonlySignal<KnownStatus>;
  left: ReadonlySignal<Said[] | null>;
  /** The talk begins anew: what is on stays on. */
  begins: () => void;
  send: (message: TranscriptReport, ...buffers: ArrayBuffer[]) => void;
}) {
  const { kept, port, status, canSay, send } = props;
  const { store, draft, images, folded, search } = kept;
  const { list, away, toEnd } = useFollowEnd();
  useEntryKeys(list);
  // Of the port's state, which changes ten times a second, only what is different draws anything anew.
  const why = useComputed(
    () => whyNot(status.value.status, port.value) || (canSay.value ? "" : "The session is closed"),
  );
  const notYet = useComputed(() => whyNotYet(port.value)).value;
  const later = useComputed(() => whyLater(port.value)).value;
  const gone = useComputed(() => port.value?.kernel === "gone").value;
  const silent = useComputed(() => soundless(port.value) || port.value?.sound === "failed").value;
  const live = useComputed(() => !why.value);
  const speaking = useComputed(() => port.value?.speaking ?? null);
  const panel = useComputed(() => status.value.status.panel ?? false);
  const talk = useMemo<Talk>(() => ({ live, speaking, panel, send }), [send]);
  const row = useRows(store, talk);
  const order = store.order.value;
  useEffect(() => {
    if (gone) leaveTalk(store.order.peek().map((id) => store.entry(id)!.peek()));
  }, [gone]);
  const left = props.left.value;
  const continueTalk = () => {
    if (left) send({ type: "continue", said: left });
    takeTalk();
  };
  const entries = () => store.order.peek().map((id) => store.entry(id)!.peek());
  const found = search.value === null ? null : matching(entries(), search.value);
  const shown = found ? order.filter((id) => found.has(id)) : order;
  const begin = () => {
    props.begins();
    send({ type: "new_talk" });
  };
  return (
    <div class={`rw-transcript-box${folded.value ? " rw-folded" : ""}`}>
      {!folded.value && order.length > 0 && (
        <TalkBar search={search} found={found?.size ?? 0} live={live} entries={entries} begin={begin} />
      )}
      <div class="rw-list-place">
        <div class="rw-list" ref={list} role="log" aria-label="Transcript">
          {order.length === 0 && (
            <Empty why={why.value} silent={silent} continueTalk={left && continueTalk} />
          )}
          {shown.map(row)}
          {found?.size === 0 && <div class="rw-nothing-found">Nothing here says that.</div>}
        </div>
        {away && (
          <button type="button" class="rw-to-end" onClick={toEnd}>
            Newest ↓
          </button>
        )}
      </div>
      <Pinned store={store} decide={send} />
      <Composer
        draft={draft}
        images={images}
        placeholder={props.placeholder.value}
        why={why.value}
        whyNotYet={notYet}
        note={later}
        say={(text, files) => {
          if (files.length) send({ type: "say_images", text }, ...files);
          else send({ type: "say", text });
          search.value = null;
          toEnd();
        }}
      >
        <FoldButton folded={folded} />
      </Composer>
    </div>
  );
}

/** A factory, because each model has its own store, which follows messages also while no view is in the page. */
export default (() => {
  let kept: Kept | null = null;
  return {
    initialize({ model }) {
      saveWithoutCode(model);
      const { store } = (kept = new Kept(model.get("entries")));
      const replace = () => store.replace(model.get("entries"));
      formulasFrom(() => sender<TranscriptReport>(model)({ type: "math" }));
      const endMessages = onMessage<TranscriptCommand>(model, (message, buffers) => {
        if (message.type === "math") formulasCame(bufferOf(buffers, "module"));
        else store.apply(message);
      });
      model.on("change:entries", replace);
      return () => {
        endMessages();
        model.off("change:entries", replace);
      };
    },
    render({ model, el }) {
      const scope = new Scope();
      scope.add(hideCopy(model.get("saved_as")));
      const { port, state } = scope.port(model);
      const status = sharedStatus(scope, model.get("port_id"));
      return scope.show(
        el,
        "rw-transcript",
        <FrontEndContext.Provider value={frontEndOf(model)}>
          <TranscriptView
            kept={kept!}
            placeholder={scope.trait(model, "placeholder")}
            canSay={scope.trait(model, "can_say")}
            port={state}
            status={status}
            left={leftTalk(scope)}
            begins={() => port.value && keepOn(port.value, state, status)}
            send={sender<TranscriptReport>(model)}
          />
        </FrontEndContext.Provider>,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
