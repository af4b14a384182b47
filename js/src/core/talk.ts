/**
 * What the panel knows of the conversation: the fold of the numbered messages. One for each widget, shared by its views.
 *
 *   cold   nothing yet: only a snapshot counts
 *   live   every number so far has come
 *   lost   a number is missing: nothing counts until that very message, said again, or a new snapshot
 *
 * Of a long conversation a snapshot brings the end; the rest comes page by page, in whatever order with the numbers.
 *
 * The blocks of a running reply grow many times a second, so they are kept apart from the settled rows.
 */
import { type Children, type Rows, withRows } from "./tree";
import type { Block, ChatView, Delta, NumberedMessage, PageMessage, Row, SnapshotMessage } from "./wire";

interface Arriving {
  /** The next page goes on below this `seq`. */
  readonly below: number;
  /** Rows that are newer than any page. */
  readonly newer: ReadonlySet<string>;
  /** Rows of pages that are here, until they are so many that joining them to the others pays. */
  readonly aside: readonly Row[];
}

export interface Talk {
  sync: "cold" | "live" | "lost";
  /** The last number that counted; `null` before the first. */
  n: number | null;
  chat: ChatView | null;
  rows: Rows;
  children: Children;
  /** The grown blocks of running replies, by message. */
  live: ReadonlyMap<string, readonly Block[]>;
  /** Pages that are still to come. */
  arriving: Arriving | null;
}

export const noTalk: Talk = {
  sync: "cold",
  n: null,
  chat: null,
  rows: new Map(),
  children: new Map(),
  live: new Map(),
  arriving: null,
};

const running: readonly Row["state"][] = ["requested", "streaming", "judging"];

export const isRunning = (row: Row | undefined): boolean => row !== undefined && running.includes(row.state);

export const blocksOf = (talk: Talk, row: Row): readonly Block[] => talk.live.get(row.m) ?? row.blocks;

export const textOf = (blocks: readonly Block[]): string =>
  blocks.flatMap((block) => (block.k === "text" && block.text ? [block.text] : [])).join("\n\n");

/** The talk after one message. `sync` tells the caller whether to ask for a resync. */
export function receive(talk: Talk, message: NumberedMessage): Talk {
  if (talk.n !== null && message.n <= talk.n) return talk; // heard already
  if (message.t === "snapshot") return begin(talk, message);
  if (talk.sync === "cold" || message.n !== (talk.n ?? 0) + 1) return lost(talk);
  const next = take({ ...talk, n: message.n, sync: "live" }, message);
  return next ?? lost(talk); // it does not fit: the number does not count, so that it is asked for again
}

function take(talk: Talk, message: Exclude<NumberedMessage, SnapshotMessage>): Talk | null {
  switch (message.t) {
    case "rows":
      return upsert(talk, message.rows);
    case "delta":
      return grow(talk, message.m, message.d);
    case "chat":
      return { ...talk, chat: message.chat };
    case "unknown":
      return talk;
  }
}

function lost(talk: Talk): Talk {
  return talk.sync === "live" ? { ...talk, sync: "lost" } : talk;
}

/** Messages are never taken back, so of the same conversation what is known stays until its page comes. */
function begin(talk: Talk, { n, chat, rows, below }: SnapshotMessage): Talk {
  const same = below !== null && chat.conversation === talk.chat?.conversation;
  const [all, children] = withRows(same ? talk.rows : new Map(), same ? talk.children : new Map(), rows);
  const arriving = below === null ? null : { below, newer: new Set(rows.map((row) => row.m)), aside: [] };
  return { sync: "live", n, chat, rows: all, children, live: new Map(), arriving };
}

/**
 * The talk with one page more. A page that was not asked for last changes nothing. Pages are joined to the rows when
 * they are as many, or the last is here: so the index of a long talk is copied, and shown, a few times and not once a page.
 */
export function turnPage(talk: Talk, { conversation, below, rows, next }: PageMessage): Talk {
  const { arriving, chat } = talk;
  if (!arriving || arriving.below !== below || chat?.conversation !== conversation) return talk;
  const aside = [...arriving.aside, ...rows];
  if (next !== null && aside.length < talk.rows.size) return { ...talk, arriving: { ...arriving, below: next, aside } };
  const older = aside.filter((row) => !arriving.newer.has(row.m));
  const [all, children] = withRows(talk.rows, talk.children, older);
  return { ...talk, rows: all, children, arriving: next === null ? null : { ...arriving, below: next, aside: [] } };
}

function upsert(before: Talk, added: readonly Row[]): Talk {
  const { arriving } = before;
  const newer = arriving && new Set([...arriving.newer, ...added.map((row) => row.m)]);
  const talk = newer ? { ...before, arriving: { ...arriving, newer } } : before;
  const [rows, children] = withRows(talk.rows, talk.children, added);
  if (!added.some((row) => talk.live.has(row.m))) return { ...talk, rows, children };
  const live = new Map(talk.live);
  for (const row of added) live.delete(row.m);
  return { ...talk, rows, children, live };
}

/** `null` where the text has no place, so something must have been lost. */
function grow(talk: Talk, m: string, deltas: readonly Delta[]): Talk | null {
  const row = talk.rows.get(m);
  if (!row) return null;
  const blocks = [...blocksOf(talk, row)];
  for (const [index, kind, text] of deltas) {
    const block = blocks[index];
    if (block?.k === kind) blocks[index] = { ...block, text: block.text + text };
    else if (!block && index === blocks.length) blocks.push({ k: kind, text });
    else return null;
  }
  return { ...talk, live: new Map(talk.live).set(m, blocks) };
}
