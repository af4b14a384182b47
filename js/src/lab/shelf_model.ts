/** What the kernel tells of its store (`convend_widget/panel/shelf.py`), and what of it is shown. Pure. */
import { arrayOf, bool, type Check, fields, number, oneOf, record, text } from "../core/guard";

export type ChatState = "open" | "replying" | "warned" | "ended";

export interface ShelfChat {
  conversation: string;
  title: string;
  /** Unix seconds. */
  changed: number;
  state: ChatState;
  archived: boolean;
  model: string;
}

export interface Shelf {
  t: "shelf";
  find: string;
  /** There are more than are told. */
  more: boolean;
  chats: ShelfChat[];
}

export type ShelfMessage = Shelf | { t: "refused"; what: string; advice: string };

const chat: Check<ShelfChat> = fields<ShelfChat>({
  conversation: text,
  title: text,
  changed: number,
  state: oneOf("open", "replying", "warned", "ended"),
  archived: bool,
  model: text,
});

const known: Record<string, Check<ShelfMessage>> = {
  shelf: fields<Shelf>({ t: oneOf("shelf"), find: text, more: bool, chats: arrayOf(chat) }) as Check<ShelfMessage>,
  refused: fields({ t: oneOf("refused"), what: text, advice: text }) as Check<ShelfMessage>,
};

/** `null` where it is none of ours, or of a later version that this one cannot read. */
export function parseShelf(value: unknown): ShelfMessage | null {
  if (!record(value)) return null;
  const { t } = value;
  const check = typeof t === "string" && Object.hasOwn(known, t) ? known[t] : undefined;
  return check?.(value) ? value : null;
}

/** Those in sight, or those that were put away. */
export const shownOf = (chats: readonly ShelfChat[], archived: boolean): ShelfChat[] =>
  chats.filter((each) => each.archived === archived);

export const countOf = (chats: readonly ShelfChat[], state: ChatState): number =>
  chats.filter((each) => !each.archived && each.state === state).length;
