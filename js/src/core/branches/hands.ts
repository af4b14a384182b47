/** What the tree and the list can bring about, and what they are shown. */
import type { View } from "../state";
import { keyOf, type Line } from "./outline";

export interface Hands {
  /** This line is the one that keys and buttons act on. */
  activate(key: string): void;
  /** Shows the branch of a message, and leaves the drawer for it. */
  go(m: string): void;
  /** Shows the branch of a message beside the drawer. */
  show(m: string): void;
  open(runs: readonly string[], open: boolean): void;
  /** Lists more branches of a fork. */
  more(parent: string | null): void;
  label(m: string): void;
  archive(m: string): void;
  undo(): void;
  /** To the buttons for the active line. */
  actions(): void;
}

export interface Shown {
  view: View;
  lines: readonly Line[];
  /** The key of the active line. */
  active: string | null;
}

/** So many lines are in the page at once, whatever there is. */
export const WINDOW = 80;
/** So many go by with one press above or below. */
export const SCROLL = 60;

/** Where the window begins, so that it holds the line at `at`; it moves no more than it must. */
export function windowFrom(from: number, at: number, length: number): number {
  const last = Math.max(0, length - WINDOW);
  const held = at < 0 ? from : at < from ? at - 10 : at >= from + WINDOW ? at - WINDOW + 11 : from;
  return Math.max(0, Math.min(held, last));
}

export const indexOf = (lines: readonly Line[], key: string | null): number =>
  key === null ? -1 : lines.findIndex((line) => keyOf(line) === key);
