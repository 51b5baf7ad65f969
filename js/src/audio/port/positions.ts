/**
 * The player's positions as the page's main thread knows them, from the blocks it sent and the last report.
 *
 * The worklet has the exact positions; these are used if it cannot answer because it did not load, or because the
 * browser blocks the sound.
 */

import type { Position } from "../../messages";
import { SAMPLE_RATE } from "../pcm";
import type { Speaking } from "./state";

interface Line extends Position {
  generation: number;
}

export class PositionTracker {
  private lines: Line[] = [];

  received(generation: number, itemId: string, contentIndex: number, start: number, samples: number): void {
    let line = this.find(generation, itemId, contentIndex);
    if (!line) {
      line = { generation, item_id: itemId, content_index: contentIndex, played: start, received: start };
      this.lines.push(line);
    }
    line.received += samples;
  }

  /** Applies a report, and forgets parts of older generations and parts that were played completely. */
  reported(generation: number, positions: Position[]): void {
    for (const position of positions) {
      const line = this.find(generation, position.item_id, position.content_index);
      if (line) line.played = position.played;
    }
    this.lines = this.lines.filter((line) => line.generation >= generation && line.played < line.received);
  }

  /** Returns the final positions of everything before `generation`, and forgets it. */
  clear(generation: number): Position[] {
    const cut = this.lines.filter((line) => line.generation < generation);
    this.lines = this.lines.filter((line) => line.generation >= generation);
    return cut.map(({ generation: _, ...position }) => position);
  }

  private find(generation: number, itemId: string, contentIndex: number): Line | undefined {
    return this.lines.find(
      (line) =>
        line.generation === generation && line.item_id === itemId && line.content_index === contentIndex,
    );
  }
}

/** Returns the last item of which something was played, with what of it was heard and came; null if nothing was. */
export function spokenItem(positions: readonly Position[]): Speaking | null {
  const current = positions.findLast((position) => position.played > 0);
  if (!current) return null;
  const parts = positions.filter((position) => position.item_id === current.item_id);
  const ms = (samples: (position: Position) => number) =>
    (parts.reduce((sum, position) => sum + samples(position), 0) / SAMPLE_RATE) * 1000;
  return {
    id: current.item_id,
    heardMs: ms(({ played }) => played),
    receivedMs: ms(({ received }) => received),
  };
}
