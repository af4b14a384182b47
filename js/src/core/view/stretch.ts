/**
 * The stretch of a long branch that is in the page: messages `from` up to, and not including, `to`. All pure.
 *
 * The page holds a bounded number of rows, however long the branch is; the stretch moves along with the reader.
 */

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** So many messages are in the page at first. */
const START = 24;
/** So many come in one go while the reader moves, little enough for one frame. */
const CHUNK = 4;
/** So many stay in the page at most. */
export const MOST = 90;

export const atEnd = (length: number): Stretch => ({ from: Math.max(0, length - START), to: length });

/** A stretch with this message in its middle. */
export function around(at: number, length: number): Stretch {
  const from = Math.max(0, Math.min(at - START / 2, length - START));
  return { from, to: Math.min(length, from + START) };
}

/** A few messages more on one side; what is too many goes on the other. */
export function extended({ from, to }: Stretch, side: "above" | "below", length: number): Stretch {
  if (side === "above") {
    const start = Math.max(0, from - CHUNK);
    return { from: start, to: Math.min(to, start + MOST) };
  }
  const end = Math.min(length, to + CHUNK);
  return { from: Math.max(from, end - MOST), to: end };
}

/**
 * The same messages on a path that has grown at either end, or has turned off into another branch. A reader at the
 * bottom stays there.
 */
export function carried(
  stretch: Stretch,
  before: readonly string[],
  path: readonly string[],
  following: boolean,
): Stretch {
  const first = before[stretch.from];
  const from = first === undefined ? -1 : path[stretch.from] === first ? stretch.from : path.indexOf(first);
  const { length } = path;
  if (from < 0) return atEnd(length);
  if (following) return { from: Math.max(from, length - MOST), to: length };
  const reachedEnd = stretch.to === before.length;
  const to = Math.min(length, reachedEnd ? from + MOST : from + stretch.to - stretch.from);
  return { from, to: Math.max(to, Math.min(length, from + 1)) };
}
