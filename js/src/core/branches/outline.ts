/**
 * The tree of a conversation as lines. Messages that follow one another without a fork are one line, a run, so that
 * depth shows only where branches fork and a talk of 10,000 messages in a row is a single line. All pure.
 */
import type { View } from "../state";
import { isRunning } from "../talk";
import { archivedIn, childrenOf, type Rows } from "../tree";
import type { Row } from "../wire";

/** Lines of one fork that are listed at first; so many more come each time. */
export const PAGE = 50;
/** Up to so many runs, all of them stand open; of more, only those on the path that is shown. */
const SMALL = 60;

export interface Options {
  /** Runs that were opened or closed by hand. */
  open: ReadonlyMap<string, boolean>;
  /** How many children of a run are listed, where it is more than a page. */
  pages: ReadonlyMap<string | null, number>;
  onlyPath: boolean;
  showArchived: boolean;
}

export interface Run {
  kind: "run";
  /** The first message of the run: what acts on the line acts on it. */
  m: string;
  /** The run of which this is a branch; `null` at the root. */
  parent: string | null;
  /** From 1. */
  level: number;
  /** Its place among the branches of its fork, from 1, and how many these are. */
  place: number;
  places: number;
  messages: readonly string[];
  /** Branches that begin after its last message. */
  forks: number;
  open: boolean;
  /** Messages in it and below it. */
  below: number;
  onPath: boolean;
  /** The place where the person is, and the one where the chat goes on. */
  here: boolean;
  head: boolean;
}

/** Stands for branches of a fork that are not listed yet. */
export interface More {
  kind: "more";
  parent: string | null;
  level: number;
  place: number;
  places: number;
  count: number;
}

export type Line = Run | More;

export const keyOf = (line: Line): string => (line.kind === "run" ? line.m : `more ${line.parent ?? ""} ${line.place}`);

export interface Outline {
  lines: readonly Line[];
  /** Messages that are left out, since they are archived. */
  archived: number;
}

/** The lines that can be seen, from the top. */
export function outline(view: View, options: Options): Outline {
  const walk = new Walk(view, options);
  return { lines: walk.lines(), archived: walk.leftOut };
}

class Walk {
  readonly leftOut: number;
  readonly #view: View;
  readonly #options: Options;
  readonly #path: ReadonlySet<string>;
  readonly #archived: ReadonlySet<string>;
  readonly #below: ReadonlyMap<string, number>;
  readonly #head: string | null;
  readonly #small: boolean;

  constructor(view: View, options: Options) {
    this.#view = view;
    this.#options = options;
    this.#path = new Set(view.path);
    this.#archived = options.showArchived ? new Set() : archivedIn(view.talk.rows);
    const { sizes, kept, runs } = this.#measure(view.talk.rows);
    this.#below = sizes;
    this.#small = runs <= SMALL;
    this.leftOut = this.#archived.size ? view.talk.rows.size - kept : 0;
    this.#head = view.talk.chat?.head ?? null;
  }

  lines(): Line[] {
    const lines: Line[] = [];
    const stack: Line[] = this.#branches(null, null, 1).reverse();
    for (let line = stack.pop(); line; line = stack.pop()) {
      lines.push(line);
      if (line.kind === "more" || !line.open) continue;
      const below = this.#branches(line.m, line.messages.at(-1) ?? null, line.level + 1);
      for (const each of below.reverse()) stack.push(each);
    }
    return lines;
  }

  /** How many messages in sight stand at and below each one, how many there are, and how many runs they make. */
  #measure(rows: Rows) {
    const sizes = new Map<string, number>();
    const newestFirst = [...rows.values()].sort((a, b) => b.seq - a.seq); // so that children come before their parents
    for (const row of newestFirst) {
      const own = (sizes.get(row.m) ?? 0) + 1;
      sizes.set(row.m, own);
      if (row.p !== null && !this.#isAway(row.m)) sizes.set(row.p, (sizes.get(row.p) ?? 0) + own);
    }
    const top = this.#children(null);
    let runs = top.length;
    for (const below of this.#view.talk.children.values()) if (below.length > 1) runs += below.length;
    return { sizes, runs, kept: top.reduce((sum, m) => sum + (sizes.get(m) ?? 0), 0) };
  }

  #isAway(m: string): boolean {
    return this.#archived.has(m) && !this.#path.has(m);
  }

  /** What is archived is left out; but never where the person is. */
  #children(parent: string | null): readonly string[] {
    const { children } = this.#view.talk;
    const below = parent === null ? this.#tops() : childrenOf(children, parent);
    return this.#archived.size ? below.filter((m) => !this.#isAway(m)) : below;
  }

  /** Where a long talk is still arriving, what has no parent yet stands at the top for now. */
  #tops(): readonly string[] {
    const { rows, children, arriving } = this.#view.talk;
    const tops = childrenOf(children, null);
    if (!arriving) return tops;
    const early = [...children].flatMap(([parent, below]) => (parent !== null && !rows.has(parent) ? below : []));
    return [...tops, ...early];
  }

  #branches(parent: string | null, after: string | null, level: number): Line[] {
    const all = this.#children(after);
    const onPath = all.findIndex((m) => this.#path.has(m));
    if (this.#options.onlyPath) {
      const m = all[onPath];
      return m === undefined ? [] : [this.#run(m, parent, level, onPath + 1, all.length)];
    }
    const most = this.#options.pages.get(parent) ?? PAGE;
    const lines: Line[] = all.slice(0, most).map((m, at) => this.#run(m, parent, level, at + 1, all.length));
    const more = (from: number, to: number) => {
      if (to > from) lines.push({ kind: "more", parent, level, place: from + 1, places: all.length, count: to - from });
    };
    const apart = onPath >= most; // the way that the person is on is listed in any case
    more(most, apart ? onPath : all.length);
    if (apart) {
      lines.push(this.#run(all[onPath] as string, parent, level, onPath + 1, all.length));
      more(onPath + 1, all.length);
    }
    return lines;
  }

  #run(m: string, parent: string | null, level: number, place: number, places: number): Run {
    const messages = this.#messagesFrom(m);
    const last = messages.at(-1) as string;
    const forks = this.#children(last).length;
    const onPath = this.#path.has(m);
    const { path } = this.#view;
    const here = path.at(-1) !== undefined && messages.includes(path.at(-1) as string);
    const head = this.#head !== null && messages.includes(this.#head);
    const open = forks > 0 && (this.#options.open.get(m) ?? (onPath || this.#small));
    const below = this.#below.get(m) ?? messages.length;
    return { kind: "run", m, parent, level, place, places, messages, forks, open, below, onPath, here, head };
  }

  /** On while there is one way on. One that is archived begins a run of its own, so that it can be brought back. */
  #messagesFrom(m: string): string[] {
    const messages = [m];
    const seen = new Set(messages);
    const marked = archivedIn(this.#view.talk.rows);
    for (let below = this.#children(m); below.length === 1; below = this.#children(below[0] as string)) {
      const next = below[0] as string;
      if (seen.has(next) || marked.has(next)) break;
      seen.add(next);
      messages.push(next);
    }
    return messages;
  }
}

export type Sign = "running" | "ended" | "confirming" | "final" | "redirect" | "blocked" | CutShort;
export type CutShort = "stopped" | "interrupted" | "refused" | "failed" | "length";

/** What is worth knowing of the messages of a run, most telling first, each once. */
export function signsOf(rows: Rows, messages: readonly string[]): Sign[] {
  const found = new Set<Sign>();
  for (const m of messages) {
    const row = rows.get(m);
    if (row) for (const sign of signsOfRow(row)) found.add(sign);
  }
  return ORDER.filter((sign) => found.has(sign));
}

const ORDER: readonly Sign[] = [
  ...(["running", "ended", "confirming", "final", "redirect", "blocked"] as const),
  ...(["refused", "failed", "interrupted", "stopped", "length"] as const),
];

function signsOfRow(row: Row): Sign[] {
  const signs: Sign[] = [];
  if (isRunning(row)) signs.push("running");
  if (row.ending) signs.push("ended");
  if (row.role === "assistant" && row.tip === "confirming") signs.push("confirming");
  for (const block of row.blocks) {
    if (block.k === "warning") signs.push(block.kind === "final_warning" ? "final" : "redirect");
    if (block.k === "attempt" && (block.verdict === "blocked" || block.verdict === "invalid")) signs.push("blocked");
  }
  const { state } = row;
  if (state === "stopped" || state === "interrupted" || state === "refused" || state === "failed") signs.push(state);
  if (row.note === "length") signs.push("length");
  return signs;
}
