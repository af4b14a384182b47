/**
 * How a stored branch sounds in time: for each message how long it is waited for, and how long it takes to be said.
 * The log holds when a message came, not each of its words, so the pace is made from the text; pauses of hours are none
 * here. All pure.
 */
import { isRunning, type Talk, textOf } from "../talk";
import type { Block, Row } from "../wire";

/** One message. Milliseconds at single speed. */
export interface Beat {
  readonly wait: number;
  /** From its first word to its last; 0 for what appears at once. */
  readonly said: number;
}

/** Before the first message. */
const OPENING = 400;
/** Before a reply begins, and at most as much more where the model thought first. */
const BREATH = 600;
const THOUGHT = 1_200;
/** A character, about as fast as a model writes: some 25 words a second. */
const LETTER = 6.5;
/** Before the next message of the person: time to take in what was said. */
const SHORTEST = 800;
const LONGEST = 3_000;
const TAKEN_IN = 4;

const lengthOf = (blocks: readonly Block[], kind: "text" | "thinking"): number =>
  blocks.reduce((sum, block) => sum + (block.k === kind ? block.text.length : 0), 0);

function beatOf(row: Row, before: Row | undefined): Beat {
  if (row.role === "assistant") {
    const thought = Math.min(THOUGHT, lengthOf(row.blocks, "thinking"));
    return { wait: BREATH + thought, said: lengthOf(row.blocks, "text") * LETTER };
  }
  if (!before) return { wait: OPENING, said: 0 };
  const taken = SHORTEST + textOf(before.blocks).length * TAKEN_IN;
  return { wait: Math.min(LONGEST, taken), said: 0 };
}

/** A beat for each message of a path. */
export function scoreOf({ rows }: Talk, path: readonly string[]): Beat[] {
  return path.flatMap((m, index) => {
    const row = rows.get(m);
    return row ? [beatOf(row, rows.get(path[index - 1] ?? ""))] : [];
  });
}

/** What of a branch can be played: a reply that is being written is not stored yet. */
export const storedPart = ({ rows }: Talk, path: readonly string[]): readonly string[] => {
  const open = path.findIndex((m) => !rows.has(m) || isRunning(rows.get(m)));
  return open < 0 ? path : path.slice(0, open);
};

/** The blocks of a reply of which this share, from 0 to 1, has been said, up to the end of a word. */
export function blocksAt(blocks: readonly Block[], share: number): Block[] {
  let left = Math.floor(lengthOf(blocks, "text") * share);
  const said: Block[] = [];
  for (const block of blocks) {
    if (block.k !== "text") {
      said.push(block);
      continue;
    }
    if (left < block.text.length) {
      const end = block.text.slice(left).search(/\s/);
      return [...said, { ...block, text: end < 0 ? block.text : block.text.slice(0, left + end) }];
    }
    left -= block.text.length;
    said.push(block);
  }
  return said;
}
