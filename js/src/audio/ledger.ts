/**
 * What the page's main thread knows of the player's positions, from the blocks it passed on and the last report.
 *
 * The worklet is the witness; this is what is answered where the worklet cannot: it did not load, or the
 * browser holds the sound back.
 */

import type { Position } from "../messages";

interface Line extends Position {
  generation: number;
}

export class PositionLedger {
  private lines: Line[] = [];

  received(generation: number, itemId: string, contentIndex: number, start: number, samples: number): void {
    let line = this.find(generation, itemId, contentIndex);
    if (!line) {
      line = { generation, item_id: itemId, content_index: contentIndex, played: start, received: start };
      this.lines.push(line);
    }
    line.received += samples;
  }

  /** Takes over a report, and forgets the parts that are over (an older generation, or no longer told of). */
  reported(generation: number, positions: Position[]): void {
    for (const position of positions) {
      const line = this.find(generation, position.item_id, position.content_index);
      if (line) line.played = position.played;
    }
    this.lines = this.lines.filter((line) => line.generation >= generation && line.played < line.received);
  }

  /** Final positions of everything before `generation`, which is then forgotten. */
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
