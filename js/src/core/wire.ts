/**
 * The whole wire between the kernel and the panel, on one screen.
 *
 * Kernel -> panel: every message but `answer`, `page` and `chunk` carries `n`, which counts 1, 2, 3 … for each widget.
 * A hole in the count means that something was lost; the panel then asks to `resync`.
 * Panel -> kernel: commands with an id `c`. The kernel does a command once, however often it arrives.
 * No message has a field named `id` at its top: kernels give that name a meaning of its own.
 */
import { arrayOf, bool, type Check, fields, nullOr, number, oneOf, record, text, variants } from "./guard";

export type Status = "ready" | "waiting" | "responding" | "judging" | "ended" | "elsewhere";
export type SendWith = "enter" | "shift-enter" | "ctrl-enter";
/** `presenter`: for a projector. */
export type Size = "normal" | "presenter";
export type Theme = "auto" | "light" | "dark";
/** Of playback. */
export type Speed = 1 | 2 | 4 | 8;
export type RowState =
  | "sent"
  | "requested"
  | "streaming"
  | "judging"
  | "settled"
  | "stopped"
  | "interrupted"
  | "refused"
  | "failed";
export type Tip = "open" | "warned" | "confirming" | "ended";
export type Verdict = "blocked" | "confirming" | "accepted" | "invalid" | "not_run" | "observed";
export type Thumb = "up" | "down";

export interface ErrorView {
  code: string;
  what: string;
  advice: string;
  who: string;
  retryable: boolean;
  request_id: string | null;
  /** Seconds. */
  retry_after: number | null;
}

export interface EndingView {
  trigger: string;
  reason: string | null;
  warnings: { m: string; kind: string }[];
  policy: string;
  mode: string;
  confirmed_by: string | null;
  /** The gates of the policy in force, each with the number that it reads. */
  needs: { gate: string; number: number | null }[];
}

export type TextBlock = { k: "text"; text: string };
export type ThinkingBlock = { k: "thinking"; text: string };
export type WarningBlock = { k: "warning"; kind: string; counted: boolean };
export type AttemptBlock = { k: "attempt"; verdict: Verdict; trigger: string | null; missing: string[] };
export type OtherBlock = { k: "other"; type: string };
export type Block = TextBlock | ThinkingBlock | WarningBlock | AttemptBlock | OtherBlock;

export interface Usage {
  input: number;
  output: number;
  cache_read: number;
}

export interface Feedback {
  thumb: Thumb | null;
  words: string;
}

/** What the person keeps about a message. An archived one is out of sight with all that is below it. */
export interface Mark {
  label: string;
  starred: boolean;
  archived: boolean;
}

/** One message of the conversation. */
export interface Row {
  m: string;
  p: string | null;
  role: "user" | "assistant";
  /** Unix seconds; to be shown, never to order by. */
  at: number;
  seq: number;
  state: RowState;
  blocks: Block[];
  tip: Tip;
  by: string;
  confirm: "yes" | "no" | null;
  ending: EndingView | null;
  error: ErrorView | null;
  /** A code: who stopped it, or what is unusual about it. Of a refused reply: the provider’s words. */
  note: string | null;
  stop: string | null;
  model: string | null;
  usage: Usage | null;
  feedback: Feedback | null;
  edit_of: string | null;
  mark: Mark | null;
}

/** US dollars at list prices; `null` where no price is known. */
export interface CostView {
  dollars: number | null;
  at_least: boolean;
  /** Only the rehearsal was asked. */
  free: boolean;
  unpriced: string[];
  /** The day of the list. */
  as_of: string | null;
}

/** A rehearsed lesson: a script whose turns are sent one after another. */
export interface LessonView {
  title: string;
  /** So many turns are over or under way. */
  at: number;
  of: number;
  /** No turn is left, or none can follow. */
  over: boolean;
  playing: boolean;
  speed: Speed;
}

export interface ChatView {
  conversation: string;
  head: string | null;
  status: Status;
  wait: { seconds: number; why: string } | null;
  /** Seconds since the model was last heard of; 0 while all is well. */
  silent: number;
  model: string;
  provider: string;
  rehearsal: boolean;
  policy: string;
  mode: string;
  can_end: boolean;
  notices: { code: string; text: string }[];
  send_with: SendWith;
  theme: Theme;
  size: Size;
  /** The file that chats are kept in; `null` for memory. */
  stored: { path: string | null; writable: boolean };
  running: string | null;
  /** Tokens of all calls of all branches, and their cost. */
  spent: { input: number; output: number; cost: CostView };
  lesson: LessonView | null;
}

/** [index in the row's blocks, kind, text to append] */
export type Delta = [number, "text" | "thinking", string];

export type SnapshotMessage = {
  t: "snapshot";
  n: number;
  chat: ChatView;
  /** What a view needs at once: replies that run, and the end of the head's branch. */
  rows: Row[];
  /** Rows with a smaller `seq` come as pages, if asked for; `null` where all is here. */
  below: number | null;
};
/** Older rows, newest pages first. Replies that run are never on one. */
export type PageMessage = {
  t: "page";
  conversation: string;
  below: number;
  rows: Row[];
  /** The next page goes on below this `seq`; `null` where this is the last. */
  next: number | null;
};
export type NumberedMessage =
  | SnapshotMessage
  | { t: "rows"; n: number; rows: Row[] }
  | { t: "delta"; n: number; m: string; d: Delta[] }
  | { t: "chat"; n: number; chat: ChatView }
  /** Of a later version: counted, else ignored. */
  | { t: "unknown"; n: number };
export type AnswerMessage = {
  t: "answer";
  c: string;
  ok: boolean;
  error: ErrorView | null;
  m: string | null;
};
/** A part of what the model saw, in text that is put together: see `seen/model.ts`. */
export type SeenMessage = { t: "seen"; c: string; part: number; parts: number; text: string };
/** Every view is to show a stored branch again: that which ends with `m`. Nothing is told of it, and nothing numbered. */
export type PlayMessage = { t: "play"; conversation: string; m: string; speed: Speed };
/** To the controls of a lesson in several chats, which are a view of their own: all that they show. Not numbered. */
export type BesideMessage = {
  t: "beside";
  lesson: LessonView;
  /** The chats, from the left. */
  sides: { policy: string; ended: boolean }[];
  theme: Theme;
  size: Size;
};
export type Message = NumberedMessage | PageMessage | AnswerMessage | SeenMessage | PlayMessage;

export type Order =
  | { do: "hello"; have: number | null }
  | { do: "resync"; have: number }
  | { do: "page"; below: number }
  | { do: "send"; parent: string | null; text: string }
  | { do: "edit"; message: string; text: string }
  | { do: "retry"; message: string }
  | { do: "stop" }
  | { do: "new" }
  | { do: "confirm"; parent: string; yes: boolean }
  | { do: "feedback"; message: string; thumb: Thumb | null; words: string }
  /** An empty label is none. */
  | { do: "mark"; message: string; label: string; starred: boolean }
  | { do: "archive"; message: string; archived: boolean }
  /** Steers the lesson. `speed` is that of `pace`. */
  | { do: "rehearse"; act: "play" | "pause" | "step" | "reset" | "pace"; speed: Speed }
  /** `call` counts from 1. It is answered in parts. */
  | { do: "inspect"; message: string; call: number }
  /** A part of the panel's own code, as it was built with the panel: it comes as `chunk`, in a buffer. */
  | { do: "chunk"; name: string; sha256: string };
export type Command = { t: "command"; c: string; conversation: string } & Order;

const error: Check<ErrorView> = fields<ErrorView>({
  code: text,
  what: text,
  advice: text,
  who: text,
  retryable: bool,
  request_id: nullOr(text),
  retry_after: nullOr(number),
});

const ending: Check<EndingView> = fields<EndingView>({
  trigger: text,
  reason: nullOr(text),
  warnings: arrayOf(fields<EndingView["warnings"][number]>({ m: text, kind: text })),
  policy: text,
  mode: text,
  confirmed_by: nullOr(text),
  needs: arrayOf(fields<EndingView["needs"][number]>({ gate: text, number: nullOr(number) })),
});

const block: Check<Block> = variants<Block, "k">("k", {
  text: fields<TextBlock>({ k: oneOf("text"), text }),
  thinking: fields<ThinkingBlock>({ k: oneOf("thinking"), text }),
  warning: fields<WarningBlock>({ k: oneOf("warning"), kind: text, counted: bool }),
  attempt: fields<AttemptBlock>({
    k: oneOf("attempt"),
    verdict: oneOf("blocked", "confirming", "accepted", "invalid", "not_run", "observed"),
    trigger: nullOr(text),
    missing: arrayOf(text),
  }),
  other: fields<OtherBlock>({ k: oneOf("other"), type: text }),
});

export const row: Check<Row> = fields<Row>({
  m: text,
  p: nullOr(text),
  role: oneOf("user", "assistant"),
  at: number,
  seq: number,
  state: oneOf("sent", "requested", "streaming", "judging", "settled", "stopped", "interrupted", "refused", "failed"),
  blocks: arrayOf(block),
  tip: oneOf("open", "warned", "confirming", "ended"),
  by: text,
  confirm: nullOr(oneOf("yes", "no")),
  ending: nullOr(ending),
  error: nullOr(error),
  note: nullOr(text),
  stop: nullOr(text),
  model: nullOr(text),
  usage: nullOr(fields<Usage>({ input: number, output: number, cache_read: number })),
  feedback: nullOr(fields<Feedback>({ thumb: nullOr(oneOf("up", "down")), words: text })),
  edit_of: nullOr(text),
  mark: nullOr(fields<Mark>({ label: text, starred: bool, archived: bool })),
});

export const cost: Check<CostView> = fields<CostView>({
  dollars: nullOr(number),
  at_least: bool,
  free: bool,
  unpriced: arrayOf(text),
  as_of: nullOr(text),
});

export const SPEEDS = [1, 2, 4, 8] as const satisfies readonly Speed[];
const speed = (value: unknown): value is Speed => SPEEDS.some((each) => each === value);

export const lesson: Check<LessonView> = fields<LessonView>({
  title: text,
  at: number,
  of: number,
  over: bool,
  playing: bool,
  speed,
});

const chat: Check<ChatView> = fields<ChatView>({
  conversation: text,
  head: nullOr(text),
  status: oneOf("ready", "waiting", "responding", "judging", "ended", "elsewhere"),
  wait: nullOr(fields<{ seconds: number; why: string }>({ seconds: number, why: text })),
  silent: number,
  model: text,
  provider: text,
  rehearsal: bool,
  policy: text,
  mode: text,
  can_end: bool,
  notices: arrayOf(fields<{ code: string; text: string }>({ code: text, text })),
  send_with: oneOf("enter", "shift-enter", "ctrl-enter"),
  theme: oneOf("auto", "light", "dark"),
  size: oneOf("normal", "presenter"),
  stored: fields<ChatView["stored"]>({ path: nullOr(text), writable: bool }),
  running: nullOr(text),
  spent: fields<ChatView["spent"]>({ input: number, output: number, cost }),
  lesson: nullOr(lesson),
});

const delta = (value: unknown): value is Delta =>
  Array.isArray(value) &&
  value.length === 3 &&
  Number.isInteger(value[0]) &&
  (value[1] === "text" || value[1] === "thinking") &&
  typeof value[2] === "string";

const known: Record<string, Check<Message>> = {
  snapshot: fields({
    t: oneOf("snapshot"),
    n: number,
    chat,
    rows: arrayOf(row),
    below: nullOr(number),
  }),
  page: fields({
    t: oneOf("page"),
    conversation: text,
    below: number,
    rows: arrayOf(row),
    next: nullOr(number),
  }),
  rows: fields({ t: oneOf("rows"), n: number, rows: arrayOf(row) }),
  delta: fields({ t: oneOf("delta"), n: number, m: text, d: arrayOf(delta) }),
  chat: fields({ t: oneOf("chat"), n: number, chat }),
  seen: fields({ t: oneOf("seen"), c: text, part: number, parts: number, text }),
  play: fields({ t: oneOf("play"), conversation: text, m: text, speed }),
  answer: fields({ t: oneOf("answer"), c: text, ok: bool, error: nullOr(error), m: nullOr(text) }),
};

/**
 * What the kernel sent, or `null` where it is none of ours. A numbered message that this version cannot read
 * still counts, as "unknown", so that it does not look lost.
 */
export function parseMessage(value: unknown): Message | null {
  if (!record(value)) return null;
  const { t, n } = value;
  if (typeof t !== "string") return null;
  const check = Object.hasOwn(known, t) ? known[t] : undefined;
  if (check?.(value)) return value;
  return typeof n === "number" ? { t: "unknown", n } : null;
}
