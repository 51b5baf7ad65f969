/** The player's view: what plays and for how long, the volume, and a stop button that works at once. */

import type { AnyWidget } from "@anywidget/types";
import type { ReadonlySignal } from "@preact/signals";
import type { AudioPort } from "../../audio/port/port";
import { watchPort } from "../../audio/port/registry";
import type { PortState } from "../../audio/port/state";
import { Scope } from "../../ui/bind";
import { clock } from "../../ui/format";
import { StopIcon, VolumeIcon } from "../../ui/icons";
import { QuietLine } from "../../ui/problem";
import { soundless } from "../../ui/words";
import { saveWithoutCode } from "../../saved_state";

interface Traits {
  port_id: string;
  /** Reference to the port, which the front end has to make. */
  port: string | null;
  now_playing: string;
  volume: number;
}

const SOUNDLESS = "This page cannot play sound. You can type and read.";
const INSECURE = "Sound needs https or localhost, and this page has neither. You can type and read.";

/** Four bars that move with the level during playback. */
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
      <div class="rw-notices">
        {state?.sound === "blocked" && (
          <QuietLine text="Your browser holds sound back until you click; answers can be read.">
            <button type="button" class="rw-line-button rw-unblock" onClick={() => void port?.resume()}>
              Play sound
            </button>
          </QuietLine>
        )}
        {state?.sound === "failed" && !soundless(state) && (
          <QuietLine text={isSecureContext ? SOUNDLESS : INSECURE} title={state.soundProblem} />
        )}
      </div>
      <div class="rw-player-row">
        <Bars playing={playing} level={state?.outputLevel ?? 0} />
        <div class="rw-player-words" aria-live="off">
          <div class="rw-player-title" dir="auto">
            {playing ? props.nowPlaying.value || "Speaking" : "Silent"}
          </div>
          <div class="rw-player-time">
            {playing
              ? clock(state!.elapsed)
              : state?.elsewhere
                ? "Plays in another window"
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
    </div>
  );
}

export default {
  /** The volume belongs to the model: it also applies while no view of the player is in the page. */
  initialize({ model }) {
    saveWithoutCode(model);
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
  render({ model, el, host }) {
    const scope = new Scope();
    const { port, state } = scope.port(model, host, model.get("port"));
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
} satisfies AnyWidget<Traits>;
