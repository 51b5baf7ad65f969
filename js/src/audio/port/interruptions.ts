/**
 * Answers the kernel's `clear` and the page's stop button with the positions at which the player stopped.
 *
 * The player reports them; if it does not do so in time, the positions that the page knows are the answer.
 */

import type { Position } from "../../messages";
import type { PositionTracker } from "./positions";
import type { Counters } from "./state";

/** The player answers well within this time (ms). */
const ANSWER_MS = 300;

/** Each is called once for a clear or a stop. */
export interface InterruptionAnswers {
  cleared(generation: number, positions: Position[]): void;
  stopped(generation: number, positions: Position[]): void;
}

interface PendingClear {
  generation: number;
  timer: ReturnType<typeof setTimeout>;
}

export class Interruptions {
  private clearing: PendingClear[] = [];
  private stopping: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly positions: PositionTracker,
    private readonly counters: Counters,
    private readonly answers: InterruptionAnswers,
  ) {}

  /** Waits for the player's answer to a clear of everything before `generation`. */
  clear(generation: number): void {
    const timer = setTimeout(() => this.cleared(generation, this.positions.clear(generation)), ANSWER_MS);
    this.clearing.push({ generation, timer });
  }

  /** Waits for the player's answer to a stop. */
  stop(): void {
    clearTimeout(this.stopping);
    this.stopping = setTimeout(() => {
      const { generation } = this.counters;
      this.stopped(generation, this.positions.clear(generation + 1));
    }, ANSWER_MS);
  }

  /** Handles an answer to a clear; only the first one counts. */
  cleared(generation: number, positions: Position[]): void {
    const pending = this.clearing.find((one) => one.generation === generation);
    if (!pending) return;
    clearTimeout(pending.timer);
    this.clearing = this.clearing.filter((one) => one !== pending);
    this.counters.reached(generation);
    this.positions.clear(generation);
    this.answers.cleared(generation, positions);
  }

  /** Handles an answer to a stop; only the first one counts. */
  stopped(generation: number, positions: Position[]): void {
    if (this.stopping === undefined) return;
    clearTimeout(this.stopping);
    this.stopping = undefined;
    this.answers.stopped(generation, positions);
  }

  dispose(): void {
    clearTimeout(this.stopping);
    for (const { timer } of this.clearing) clearTimeout(timer);
  }
}
