/** Measures in Node.js what the player costs: plain, and while it catches up a stall. Prints one line of JSON. */

import { PlaybackQueue } from "../src/audio/playback/queue";

const RATE = 48_000;
const QUANTUM = 128;
const SPEECH_RATE = 24_000;
const BLOCK = 480;
/** Each answer stalls for a second after two, and is measured for 1.5 s from then on. */
const STALL_MS = 2000;
const RESUMED_MS = 3000;
const MEASURED_MS = 1500;
const ANSWER_S = 6;

interface Cost {
  /** Milliseconds of work for each second of sound, one number an answer. */
  second_ms: number[];
  /** Milliseconds of work for each quantum. */
  quantum_ms: number[];
}

/** A voice of 120 Hz with overtones and no pause: the most that there is to search and to join. */
const voice = Float32Array.from({ length: ANSWER_S * SPEECH_RATE }, (_, i) => {
  const tone = (h: number) => Math.sin((2 * Math.PI * 120 * h * i) / SPEECH_RATE) / h;
  return 0.2 * (tone(1) + tone(2) + tone(3) + tone(5) + tone(7));
});

function play(sent: (ms: number) => number): { quanta: number[]; skipped: number } {
  const queue = new PlaybackQueue(RATE);
  const output = new Float32Array(QUANTUM);
  const quanta: number[] = [];
  let rendered = 0;
  for (let i = 0; i * BLOCK < voice.length; i++) {
    for (; (rendered / RATE) * 1000 < sent(i * 20); rendered += QUANTUM) {
      const before = performance.now();
      queue.render(output);
      const took = performance.now() - before;
      const ms = (rendered / RATE) * 1000;
      if (ms >= RESUMED_MS && ms < RESUMED_MS + MEASURED_MS) quanta.push(took);
    }
    queue.play(0, "a", 0, voice.slice(i * BLOCK, (i + 1) * BLOCK));
  }
  return { quanta, skipped: queue.report().skipped_ms };
}

const stalled = (ms: number) => (ms >= STALL_MS && ms < RESUMED_MS ? RESUMED_MS : ms);
const inTime = (ms: number) => ms;
const answers = Number(process.argv[2] ?? 20);
const costs = { plain: inTime, caught_up: stalled };
const found: Record<string, Cost> = {};
for (const name of Object.keys(costs)) found[name] = { second_ms: [], quantum_ms: [] };
for (let i = -3; i < answers; i++) {
  for (const [name, sent] of Object.entries(costs)) {
    const { quanta, skipped } = play(sent);
    if (skipped > 0 !== (sent === stalled)) throw new Error(`${name}: ${skipped} ms were left out`);
    if (i < 0) continue; // the first ones run before the code is compiled
    const total = quanta.reduce((sum, ms) => sum + ms, 0);
    found[name]!.second_ms.push((total * 1000) / MEASURED_MS);
    found[name]!.quantum_ms.push(...quanta);
  }
}
console.log(JSON.stringify({ quantum_ms: (QUANTUM / RATE) * 1000, ...found }));
