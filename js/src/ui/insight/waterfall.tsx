/** Where the time of one turn went: both waveforms, and a bar for everything that took time, on one scale. */

import type { ShownSpan, ShownWave, TurnDetail } from "../../messages";
import { duration } from "../format";
import { type Scale, scaleOf } from "./scale";

/** What the bars are called, and why they are there. */
const LANES: Record<string, [name: string, title: string]> = {
  "user speaks": ["You speak", "As captured by the microphone"],
  "end of turn": ["End of turn", "Until the service was sure that you had finished"],
  recognition: ["Recognition", "Until your words were written down"],
  thinking: ["Thinking", "Until the first byte of a response"],
  "first sound": ["First sound", "From the first byte of sound until it was played"],
  answer: ["Answer", "As it was played"],
};

const HEIGHT = 44;

function laneOf(span: ShownSpan): string {
  return span.name === "tool" || span.name === "step" ? span.label : span.name;
}

/** Returns the outline of a waveform; `side` is 1 above the line and -1 below it. */
export function outline(wave: ShownWave, side: 1 | -1, scale: Scale): string {
  const loudest = Math.max(1, ...wave.peaks);
  const points = wave.peaks.map((peak, step) => {
    const x = scale.at(wave.begin + (step + 0.5) * wave.step).toFixed(2);
    const y = (HEIGHT / 2 - side * (peak / loudest) * (HEIGHT / 2 - 2)).toFixed(1);
    return `${x},${y}`;
  });
  const begin = scale.at(wave.begin).toFixed(2);
  const end = scale.at(wave.begin + wave.peaks.length * wave.step).toFixed(2);
  return `M${begin},${HEIGHT / 2} L${points.join(" L")} L${end},${HEIGHT / 2} Z`;
}

function Waves({ turn, scale }: { turn: TurnDetail; scale: Scale }) {
  if (!turn.user.length && !turn.voice.length) return null;
  return (
    <div class="rw-lane rw-lane-waves">
      <span class="rw-lane-name">
        <span>You</span>
        <span>Voice</span>
      </span>
      <svg viewBox={`0 0 100 ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {turn.user.map((wave, index) => (
          <path key={`u${index}`} class="rw-wave-user" d={outline(wave, 1, scale)} />
        ))}
        {turn.voice.map((wave, index) => (
          <path key={`v${index}`} class="rw-wave-voice" d={outline(wave, -1, scale)} />
        ))}
      </svg>
    </div>
  );
}

function Bar({ span, scale }: { span: ShownSpan; scale: Scale }) {
  const left = scale.at(span.begin);
  const width = scale.at(span.end) - left;
  const words = duration(span.end - span.begin);
  const inside = width > 18;
  return (
    <>
      <span
        class={`rw-bar rw-bar-${span.name.replaceAll(" ", "-")}`}
        style={{ left: `${left}%`, width: `max(2px, ${width}%)` }}
      >
        {inside && words}
      </span>
      {!inside && (
        <span
          class="rw-bar-words"
          style={
            left > 70 ? { right: `calc(${100 - left}% + 4px)` } : { left: `calc(${left + width}% + 4px)` }
          }
        >
          {words}
        </span>
      )}
    </>
  );
}

/** The same in words, for who does not see the drawing. */
export function inWords(turn: TurnDetail): string {
  const bars = turn.spans.map((span) => `${laneOf(span)} ${duration(span.end - span.begin)}`);
  const waited = turn.delay === null ? "" : `The answer began after ${duration(turn.delay)}. `;
  return `${waited}${bars.join(", ")}${turn.interrupted ? ", interrupted" : ""}.`;
}

export function Waterfall({ turn }: { turn: TurnDetail }) {
  const times = [
    ...turn.spans.flatMap((span) => [span.begin, span.end]),
    ...turn.marks.map((mark) => mark.at),
    0,
  ];
  const scale = scaleOf(Math.min(...times), Math.max(...times));
  const bars = turn.spans.filter((span) => span.name !== "silence");
  const lanes = [...new Set(bars.map(laneOf))];
  const cut = turn.marks.find((mark) => mark.name === "interruption");
  return (
    <div class="rw-waterfall" role="img" aria-label={inWords(turn)}>
      <div class="rw-lanes">
        <div class="rw-lane-grid" aria-hidden="true">
          {turn.spans
            .filter((span) => span.name === "silence")
            .map((span, index) => (
              <span
                key={index}
                class="rw-silence"
                title={`Silence of ${duration(span.end - span.begin)}`}
                style={{
                  left: `${scale.at(span.begin)}%`,
                  width: `${scale.at(span.end) - scale.at(span.begin)}%`,
                }}
              />
            ))}
          {scale.ticks.map((tick) => (
            <span
              key={tick}
              class={`rw-tick${tick ? "" : " rw-tick-zero"}`}
              style={{ left: `${scale.at(tick)}%` }}
            >
              <i>{tick === 0 ? "0" : `${tick > 0 ? "+" : "−"}${Math.abs(tick)} s`}</i>
            </span>
          ))}
          {cut && (
            <span class="rw-cut-line" title="Interrupted here" style={{ left: `${scale.at(cut.at)}%` }} />
          )}
        </div>
        <Waves turn={turn} scale={scale} />
        {lanes.map((lane) => (
          <div key={lane} class="rw-lane" title={LANES[lane]?.[1] ?? `The tool ${lane}`}>
            <span class="rw-lane-name">{LANES[lane]?.[0] ?? lane}</span>
            <span class="rw-lane-bars">
              {bars
                .filter((span) => laneOf(span) === lane)
                .map((span, index) => (
                  <Bar key={index} span={span} scale={scale} />
                ))}
            </span>
          </div>
        ))}
      </div>
      <div class="rw-waterfall-note">
        {turn.heard
          ? "0 is the last sample of your speech; sound stands where it was captured and played."
          : "Nobody could hear this answer: it counts as heard when it came."}
      </div>
    </div>
  );
}
