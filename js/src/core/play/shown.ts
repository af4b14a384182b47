/**
 * A view as it was at a moment of a branch: what the transcript draws while that is played. Pure. It is made of the
 * view as it is and of nothing else, so what is played can neither differ from what is stored nor change it.
 */
import type { View } from "../state";
import type { Row } from "../wire";
import { hasBegun, type Player, shareOf } from "./player";
import { blocksAt } from "./score";

const ALONE: View["talk"]["children"] = new Map();
const NOTHING: View["pending"] = new Map();

/** A reply that is still being written, as it was then. */
const unfinished = (row: Row, above: Row | undefined): Row => ({
  ...row,
  ...{ state: "streaming", blocks: [], tip: above?.tip ?? "open", stop: null, usage: null },
  ...{ ending: null, error: null, note: null, feedback: null, mark: null },
});

/** The rows with one of them unfinished: kept, since a long chat has many and a reply has many words. */
export class Unfinished {
  #rows: View["talk"]["rows"] | null = null;
  #m = "";
  #made: View["talk"]["rows"] = new Map();

  in(rows: View["talk"]["rows"], m: string): View["talk"]["rows"] {
    const row = rows.get(m);
    if (!row || (rows === this.#rows && m === this.#m)) return row ? this.#made : rows;
    this.#rows = rows;
    this.#m = m;
    this.#made = new Map(rows).set(m, unfinished(row, rows.get(row.p ?? "")));
    return this.#made;
  }
}

/** `still`: messages appear whole. */
export function shownAt(
  view: View,
  path: readonly string[],
  player: Player,
  still: boolean,
  made = new Unfinished(),
): View {
  const { at } = player;
  const next = path[at] ?? "";
  const share = shareOf(player);
  const begun = hasBegun(player);
  const part = begun && !(still && share !== null);
  const row = view.talk.rows.get(next);
  const live = new Map(part && row ? [[next, share === null ? [] : blocksAt(row.blocks, share)]] : []);
  const rows = part ? made.in(view.talk.rows, next) : view.talk.rows;
  return {
    ...view,
    talk: { ...view.talk, rows, live, children: ALONE, arriving: null },
    path: path.slice(0, at + (begun ? 1 : 0)),
    ...{ browsing: false, editor: null, feedback: null, away: null, refused: null, pending: NOTHING },
  };
}
