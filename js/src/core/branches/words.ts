/** Two texts word by word. Bounded: what is too long, or too different, is not compared. */
import { diffWords } from "diff";

export interface Piece {
  kind: "same" | "added" | "removed";
  text: string;
}

/** Characters of both texts together. */
const LONGEST = 60_000;
/** Words that may differ. The work grows with its square. */
const MOST_CHANGES = 2_000;

/** `null` where it would take too long. White space alone makes no difference. */
export function compareWords(before: string, after: string): Piece[] | null {
  if (before.length + after.length > LONGEST) return null;
  const intlSegmenter = new Intl.Segmenter(undefined, { granularity: "word" });
  const changes = diffWords(before, after, { intlSegmenter, maxEditLength: MOST_CHANGES });
  if (!changes) return null;
  return changes.map(({ value, added, removed }) => ({
    kind: added ? "added" : removed ? "removed" : "same",
    text: value,
  }));
}

const words = (text: string): number => text.match(/\S+/g)?.length ?? 0;

/** How many words came and went. */
export function countChanges(pieces: readonly Piece[]): { added: number; removed: number } {
  const sum = (kind: Piece["kind"]) =>
    pieces.reduce((total, piece) => (piece.kind === kind ? total + words(piece.text) : total), 0);
  return { added: sum("added"), removed: sum("removed") };
}
