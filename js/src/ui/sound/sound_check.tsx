/** A sound check: somebody speaks, tones are played, and one is interrupted; nothing of it is sent. */

import { useEffect, useRef, useState } from "preact/hooks";
import { acquireContext, releaseContext } from "../../audio/context";
import type { AudioPort } from "../../audio/port/port";
import { measureSilence } from "../../audio/port/silence";
import {
  type Heard,
  judged,
  type Silence,
  silenceWords,
  type Verdict,
  wayBack,
} from "../../audio/sound_check";

const SPEAK_S = 5;
const TONES = 4;
const TONE_S = 0.12;
const BETWEEN_S = 1;
const PITCH_HZ = 880;

const PHASES = {
  speak: "Say something …",
  tones: "Listen: four tones",
  cut: "Listen: a tone is interrupted",
};

const VERDICTS: Record<Verdict, string> = {
  none: "Nothing was heard of you: choose another microphone, or look whether it is switched off.",
  soft: "You are hard to hear: come closer, or raise the level.",
  good: "You are heard well.",
  clips: "You are too loud: it clips. Lower the level.",
};

interface Result {
  /** Null if the microphone was off. */
  verdict: Verdict | null;
  /** From the loudspeaker to the microphone (ms); null if no tone came back. */
  way: number | null;
  silence: Silence;
}

/** Plays a tone on the page's loudspeaker; returns when it begins, on the page's clock (s). */
function playTone(context: AudioContext): number {
  const tone = new OscillatorNode(context, { frequency: PITCH_HZ });
  const gain = new GainNode(context, { gain: 0.25 });
  const begin = context.currentTime + 0.02;
  tone.connect(gain).connect(context.destination);
  tone.start(begin);
  tone.stop(begin + TONE_S);
  tone.onended = () => gain.disconnect();
  return performance.now() / 1000 + 0.02;
}

/**
 * Returns the time of the sample that is heard now, on the context's clock (s). `currentTime` moves in steps, and is
 * ahead of what is heard.
 */
function audibleTime(context: AudioContext): number {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
  if (performanceTime > 0) return contextTime + (performance.now() - performanceTime) / 1000;
  return context.currentTime - (context.outputLatency || 0) - (context.baseLatency || 0);
}

export function SoundCheck({ port }: { port: AudioPort }) {
  const [phase, setPhase] = useState<"" | "speak" | "tones" | "cut">("");
  const [result, setResult] = useState<Result | null>(null);
  const stop = useRef(() => {});
  useEffect(() => () => stop.current(), []);
  const run = () => {
    const context = acquireContext();
    const speech: Heard[] = [];
    const echo: Heard[] = [];
    const tones: number[] = [];
    const timers: ReturnType<typeof setTimeout>[] = [];
    const aborting = new AbortController();
    const spoken = port.state.microphone === "on";
    let heard = speech;
    port.withhold(true);
    // A microphone that closes meanwhile ends the check.
    const endWatch = port.subscribe(() => {
      if (!spoken) return;
      if (port.state.microphone === "off" || port.state.microphone === "error") stop.current();
    });
    const listening = setInterval(() => heard.push({ at: performance.now() / 1000, ...port.inputLevel }), 10);
    stop.current = () => {
      stop.current = () => {};
      clearInterval(listening);
      timers.forEach(clearTimeout);
      aborting.abort();
      releaseContext();
      endWatch();
      port.withhold(false);
      setPhase("");
    };
    const after = (seconds: number, action: () => void) => timers.push(setTimeout(action, seconds * 1000));
    const interrupt = async () => {
      setPhase("cut");
      port.claim();
      const silence = await measureSilence(port, () => audibleTime(context), aborting.signal);
      if (aborting.signal.aborted) return;
      setResult({ verdict: spoken ? judged(speech) : null, way: wayBack(echo, tones), silence });
      stop.current();
    };
    setResult(null);
    if (!spoken) return void interrupt();
    setPhase("speak");
    after(SPEAK_S, () => {
      heard = echo;
      setPhase("tones");
    });
    for (let number = 0; number < TONES; number++)
      after(SPEAK_S + 0.5 + number * BETWEEN_S, () => tones.push(playTone(context)));
    after(SPEAK_S + 0.7 + TONES * BETWEEN_S, () => void interrupt());
  };
  if (phase)
    return (
      <div class="rw-check" role="status">
        <strong>{PHASES[phase]}</strong>
        <span>Nothing of this is sent.</span>
        <button type="button" class="rw-line-button" onClick={() => stop.current()}>
          Stop
        </button>
      </div>
    );
  return (
    <div class="rw-check">
      <button
        type="button"
        class="rw-line-button"
        title="You speak and tones are played while the microphone is on (10 s); then one is interrupted"
        onClick={run}
      >
        Sound check
      </button>
      {result && (
        <ul role="status">
          <li>{silenceWords(result.silence)}</li>
          {result.verdict ? (
            <>
              <li>{VERDICTS[result.verdict]}</li>
              <li>
                {result.way === null
                  ? "The tones did not come back: headphones, or the browser takes the echo out."
                  : `The tones came back after about ${Math.round(result.way)} ms: loudspeaker to microphone.`}
              </li>
            </>
          ) : (
            <li>With the microphone on, the check also says how you are heard.</li>
          )}
        </ul>
      )}
    </div>
  );
}
