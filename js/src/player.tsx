/** The player's view: what is heard now and for how long, its volume, and a stop button that works at once. */

import type { ReadonlySignal } from "@preact/signals";
import type { Cleanup, Model, RenderContext } from "./anywidget";
import type { AudioPort } from "./audio/port";
import type { PortState } from "./audio/port_state";
import { watchPort } from "./audio/registry";
import { Scope } from "./ui/bind";
import { clock } from "./ui/format";
import { StopIcon, VolumeIcon } from "./ui/icons";
import { ProblemPanel } from "./ui/problem";

interface Traits {
  port_id: string;
  now_playing: string;
  volume: number;
}

/** Four bars that dance with the level while sound plays. */
function Bars({ playing, level }: { playing: boolean; level: number }) {
  return (
    <span
      class={`rw-bars${playing ? " rw-bars-playing" : ""}`}
      style={{ "--rw-level": String(Math.min(1, Math.sqrt(level))) }}
      aria-hidden="true"
    >
      <i />
      <i />
      <i />
      <i />
    </span>
  );
}

export function PlayerView(props: {
  port: ReadonlySignal<AudioPort | null>;
  state: ReadonlySignal<PortState | null>;
  nowPlaying: ReadonlySignal<string>;
  volume: ReadonlySignal<number>;
  onVolume: (volume: number) => void;
}) {
  const port = props.port.value;
  const state = props.state.value;
  const playing = state?.playing ?? false;
  const volume = props.volume.value;
  return (
    <div class="rw-player-box">
      <div class="rw-player-row">
        <Bars playing={playing} level={state?.outputLevel ?? 0} />
        <div class="rw-player-words" aria-live="off">
          <div class="rw-player-title">{playing ? props.nowPlaying.value || "Speaking" : "Silent"}</div>
          <div class="rw-player-time">
            {playing
              ? clock(state!.elapsed)
              : state && !state.active
                ? "Sound is in another page"
                : "Nothing is playing"}
          </div>
        </div>
        <button
          type="button"
          class="rw-small-button rw-stop-button"
          disabled={!playing}
          aria-label="Stop speaking"
          title="Stop speaking"
          onClick={() => port?.stop()}
        >
          <StopIcon />
        </button>
        <label class="rw-volume" title={`Volume ${Math.round(volume * 100)} %`}>
          <VolumeIcon volume={volume} />
          <input
            type="range"
            min="0"
            max="1"
            step="0.01"
            aria-label="Volume"
            value={volume}
            style={{ "--rw-fill": `${volume * 100}%` }}
            onInput={(event) => props.onVolume(Number(event.currentTarget.value))}
          />
        </label>
      </div>
      {state?.sound === "blocked" && (
        <button type="button" class="rw-unblock" onClick={() => void port?.resume()}>
          Your browser holds back the sound of this page. Click to let it play.
        </button>
      )}
      {state?.sound === "failed" && (
        <ProblemPanel
          message={`This page cannot play sound: ${state.soundProblem}`}
          cure="Open the notebook over https or localhost in a current browser; the transcript goes on without sound."
        />
      )}
    </div>
  );
}

export default {
  /** The volume belongs to the model: it holds while no view of the player is in the page. */
  initialize({ model }: { model: Model<Traits> }): Cleanup {
    let current: AudioPort | null = null;
    const apply = () => current?.setVolume(model.get("volume"));
    const endWatch = watchPort(model.get("port_id"), (port) => {
      current = port;
      apply();
    });
    model.on("change:volume", apply);
    return () => {
      endWatch();
      model.off("change:volume", apply);
    };
  },
  render({ model, el }: RenderContext<Traits>) {
    const scope = new Scope();
    const { port, state } = scope.port(model as unknown as Model<{ port_id: string }>);
    const volume = scope.trait(model, "volume");
    const setVolume = (value: number) => {
      model.set("volume", value);
      model.save_changes();
    };
    const nowPlaying = scope.trait(model, "now_playing");
    return scope.show(
      el,
      "rw-player",
      <PlayerView port={port} state={state} nowPlaying={nowPlaying} volume={volume} onVolume={setVolume} />,
    );
  },
};
