/**
 * Which words of an answer were said by now, as `realtime_widgets/core/conversation/heard.py` estimates it: no service
 * aligns words with sound, so they are laid over it by their length, with pauses at punctuation.
 */

import type { Speaking } from "../../audio/port/state";

/** Rough length of a spoken letter (ms); used while not all of the speech is here. */
const MS_PER_LETTER = 65;
/** What a pause weighs, in letters. */
const SENTENCE_PAUSE = 8;
const COMMA_PAUSE = 3;

function weight(word: string): number {
  const bare = word.trimEnd();
  if (/[.!?:;…]$/.test(bare)) return bare.length + SENTENCE_PAUSE;
  return bare.length + (bare.endsWith(",") ? COMMA_PAUSE : 1);
}

/** Returns how much of a text was said, in units of its length: whole words, and the one that is being said. */
export function saidLength(text: string, { heardMs, receivedMs }: Speaking, complete: boolean): number {
  const words = [...text.matchAll(/\S+\s*/g)].map((match) => ({
    end: match.index + match[0].length,
    weight: weight(match[0]),
  }));
  const total = words.reduce((sum, word) => sum + word.weight, 0);
  const spokenMs = complete ? receivedMs : Math.max(receivedMs, total * MS_PER_LETTER);
  if (!words.length || heardMs >= spokenMs) return text.length;
  let budget = (heardMs / spokenMs) * total;
  for (const word of words) {
    budget -= word.weight;
    if (budget < 0) return word.end;
  }
  return text.length;
}
