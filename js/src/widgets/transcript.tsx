/** The transcript: who said what, what the tools did, what went wrong; and a field to type messages. */

import type { AnyWidget } from "@anywidget/types";
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { onMessage, sender } from "../anywidget";
import type { PortState } from "../audio/port/state";
import type { Entry, Said, TranscriptCommand, TranscriptReport } from "../messages";
import { Pinned } from "../ui/approval";
import { Scope } from "../ui/bind";
import { FoldIcon, MicrophoneIcon } from "../ui/icons";
import { leaveTalk, leftTalk, takeTalk } from "../ui/left_talk";
import { hideCopy } from "../ui/saved_copy";
import { type KnownStatus, sharedStatus } from "../ui/statuses";
import { Composer } from "../ui/transcript/composer";
import { EntryView } from "../ui/transcript/entry";
import { useEntryKeys, useFollowEnd } from "../ui/transcript/list";
import { FrontEndContext, frontEndOf } from "../ui/tools/front_end";
import { soundless, whyLater, whyNot, whyNotYet } from "../ui/words";
import { TranscriptStore } from "./transcript_store";
import { saveWithoutCode } from "../saved_state";

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

export function TranscriptView(props: {
  kept: Kept;
  placeholder: ReadonlySignal<string>;
  canSay: ReadonlySignal<boolean>;
  port: ReadonlySignal<PortState | null>;
  status: ReadonlySignal<KnownStatus>;
  left: ReadonlySignal<Said[] | null>;
  send: (message: TranscriptReport) => void;
}) {
  const { store, draft, folded } = props.kept;
  const { list, away, toEnd } = useFollowEnd();
  useEntryKeys(list);
  const port = props.port.value;
  const order = store.order.value;
  const why = whyNot(props.status.value.status, port) || (props.canSay.value ? "" : "The session is closed");
  const gone = port?.kernel === "gone";
  useEffect(() => {
    if (gone) leaveTalk(store.order.peek().map((id) => store.entry(id)!.peek()));
  }, [gone]);
  const showTurn = props.status.value.status.panel
    ? (turn: number) => props.send({ type: "show_panel", tab: "time", turn })
    : null;
  const left = props.left.value;
  const continueTalk = () => {
    if (left) props.send({ type: "continue", said: left });
    takeTalk();
  };
  return (
    <div class={`rw-transcript-box${folded.value ? " rw-folded" : ""}`}>
      <div class="rw-list-place">
        <div class="rw-list" ref={list} role="log" aria-label="Transcript">
          {order.length === 0 && (
            <Empty
              why={why}
              silent={soundless(port) || port?.sound === "failed"}
              continueTalk={left && continueTalk}
            />
          )}
          {order.map((id) => (
            <div key={id} class="rw-entry" tabIndex={-1}>
              <EntryView entry={store.entry(id)!} decide={props.send} showTurn={showTurn} />
            </div>
          ))}
        </div>
        {away && (
          <button type="button" class="rw-to-end" onClick={toEnd}>
            Newest ↓
          </button>
        )}
      </div>
      <Pinned store={store} decide={props.send} />
      <Composer
        draft={draft}
        placeholder={props.placeholder.value}
        why={why}
        whyNotYet={whyNotYet(port)}
        note={whyLater(port)}
        say={(text) => {
          props.send({ type: "say", text });
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
      const endMessages = onMessage<TranscriptCommand>(model, (message) => store.apply(message));
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
        "rw-transcript",
        <FrontEndContext.Provider value={frontEndOf(model)}>
          <TranscriptView
            kept={kept!}
            placeholder={scope.trait(model, "placeholder")}
            canSay={scope.trait(model, "can_say")}
            port={scope.port(model).state}
            status={sharedStatus(scope, model.get("port_id"))}
            left={leftTalk(scope)}
            send={sender<TranscriptReport>(model)}
          />
        </FrontEndContext.Provider>,
      );
    },
  };
}) satisfies AnyWidget<Traits>;
