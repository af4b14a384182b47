/**
 * What one view knows, and how it changes: `reduce` is pure, and effects say what is to be done outside.
 *
 * Each view has its own cursor, the path that it shows. It follows the head of the chat, unless the person looks at
 * another branch, or watches a reply that is still running while the head goes elsewhere.
 */
import { blocksOf, isRunning, noTalk, type Talk, textOf } from "./talk";
import {
  archivedIn,
  childrenOf,
  countBelow,
  inSight,
  isBelow,
  leafBelow,
  pathTo,
  remember,
  type Visited,
} from "./tree";
import type { AnswerMessage, ErrorView, Order, Row, Thumb } from "./wire";

/** What the drawer of branches shows: the tree, or two versions of a message word by word. */
export type Drawer = { page: "tree" } | { page: "compare"; m: string; other: string; fromTree: boolean };

export interface Pending {
  order: Order;
  /** The kernel has been silent about it for a while. */
  overdue: boolean;
}

export interface View {
  talk: Talk;
  /** From the first message to the leaf that is shown. */
  path: readonly string[];
  visited: Visited;
  browsing: boolean;
  draft: string;
  pending: ReadonlyMap<string, Pending>;
  /** The inline editor: an edit of the user message `m`. */
  editor: { m: string; text: string; error: ErrorView | null } | null;
  /** The message whose feedback form is open. */
  feedback: string | null;
  /** The last refusal, in words. */
  refused: ErrorView | null;
  /** A message to go to as soon as it is here. */
  goal: string | null;
  drawer: Drawer | null;
  /** What was archived last, while that can be undone with one press. */
  away: { m: string; count: number } | null;
  /** The leaf that was shown before the person went elsewhere: the way back. */
  cameFrom: string | null;
  /** The reply of which is shown what the model saw. */
  seen: string | null;
}

export type Input =
  | { type: "talk"; talk: Talk }
  | { type: "answer"; answer: AnswerMessage }
  | { type: "overdue"; c: string }
  | { type: "draft"; text: string }
  | { type: "send"; c: string }
  | { type: "stop"; c: string }
  | ({ type: "rehearse"; c: string } & Omit<Extract<Order, { do: "rehearse" }>, "do">)
  | { type: "new"; c: string }
  | { type: "retry"; c: string; m: string }
  | { type: "confirm"; c: string; yes: boolean }
  | { type: "rate"; c: string; m: string; thumb: Thumb | null; words: string }
  | { type: "edit"; m: string | null }
  | { type: "edit-text"; text: string }
  | { type: "edit-step"; by: -1 | 1 }
  | { type: "edit-send"; c: string }
  | { type: "feedback"; m: string | null; focus: boolean }
  | { type: "look"; m: string }
  | { type: "head" }
  | { type: "mark"; c: string; m: string; label?: string; starred?: boolean }
  | { type: "archive"; c: string; m: string; archived: boolean }
  | { type: "keep-away" }
  | { type: "drawer"; drawer: Drawer | null }
  | { type: "seen"; m: string | null }
  | { type: "dismiss" };

export type Effect =
  | { do: "order"; c: string; order: Order }
  | { do: "focus"; on: "composer" | "editor" | "feedback" }
  /** Finished messages, to be read out by the acting view. */
  | { do: "announce"; messages: readonly string[] }
  /** A short word to screen readers. */
  | { do: "tell"; what: "archived" | "restored"; count: number }
  /** The draft is to be kept for a reload. */
  | { do: "keep"; text: string }
  /** Another conversation is shown: it may have a draft of its own. */
  | { do: "recall"; conversation: string };

export type Step = { view: View; effects: readonly Effect[] };

export const noView: View = {
  talk: noTalk,
  path: [],
  visited: new Map(),
  browsing: false,
  draft: "",
  pending: new Map(),
  editor: null,
  feedback: null,
  refused: null,
  goal: null,
  drawer: null,
  away: null,
  cameFrom: null,
  seen: null,
};

/** What is open of one conversation, its branches or what the model saw, does not go along into another. */
const nothingOpen = { drawer: null, away: null, cameFrom: null, seen: null };

export const leafOf = (view: View): Row | undefined => view.talk.rows.get(view.path.at(-1) ?? "");

export const isLocked = (view: View): boolean => {
  const leaf = leafOf(view);
  return leaf?.ending != null || leaf?.tip === "ended";
};

/** A command is under way that must be answered before the next one. */
export const isSending = (view: View): boolean =>
  [...view.pending.values()].some(({ order }) => ["send", "edit", "retry", "confirm", "new"].includes(order.do));

export const isResponding = (view: View): boolean => isRunning(leafOf(view));

export const canSend = (view: View): boolean =>
  view.talk.chat !== null && !isLocked(view) && !isResponding(view) && !isSending(view);

/** A message and its versions, but for those that are archived. */
export const siblingsOf = ({ talk }: View, row: Row): readonly string[] =>
  inSight(talk.rows, childrenOf(talk.children, row.p), row.m);

/** The person's messages on the path that is shown. */
export const ownMessages = (view: View): string[] => view.path.filter((m) => view.talk.rows.get(m)?.role === "user");

/** What the person wrote on that path, the newest last; a pressed button is no writing. */
export const ownWords = (view: View): string[] =>
  ownMessages(view).flatMap((m) => {
    const row = view.talk.rows.get(m);
    const text = row && row.confirm === null ? textOf(row.blocks) : "";
    return text ? [text] : [];
  });

const only = (view: View, ...effects: Effect[]): Step => ({ view, effects });

export function reduce(view: View, input: Input): Step {
  switch (input.type) {
    case "talk":
      return announcing(view, takeTalk(view, input.talk));
    case "answer":
      return announcing(view, takeAnswer(view, input.answer));
    case "overdue":
      return only(markOverdue(view, input.c));
    case "draft":
      return only({ ...view, draft: input.text }, { do: "keep", text: input.text });
    case "look":
      return only(moved(view, lookAt(view, down(view, input.m))));
    case "head":
      return only({ ...moved(view, lookAt(view, headLeaf(view.talk, view.visited))), browsing: false });
    case "drawer":
      return only({ ...view, drawer: input.drawer });
    case "keep-away":
      return only({ ...view, away: null });
    case "seen":
      return only({ ...view, seen: input.m });
    case "dismiss":
      return only({ ...view, refused: null });
    case "feedback":
      return only(
        { ...view, feedback: input.m },
        ...(input.m && input.focus ? [{ do: "focus", on: "feedback" } as const] : []),
      );
    case "edit":
    case "edit-text":
    case "edit-step":
      return changeEditor(view, input);
    default:
      return act(view, input);
  }
}

// -- what the person does

type Act = Extract<Input, { c: string }>;

function act(view: View, input: Exclude<Act, { type: "overdue" }>): Step {
  const order = orderFor(view, input);
  if (!order) return only(view);
  const pending = new Map(view.pending).set(input.c, { order, overdue: false });
  const next: View = { ...view, pending, refused: null, draft: order.do === "send" ? "" : view.draft };
  if (next.editor && order.do === "edit") next.editor = { ...next.editor, error: null };
  if (order.do === "feedback" && order.words) next.feedback = null;
  return only(next, { do: "order", c: input.c, order });
}

/** What to ask of the kernel, or `null` where the act makes no sense now, as for the second click of a double click. */
function orderFor(view: View, input: Exclude<Act, { type: "overdue" }>): Order | null {
  const leaf = leafOf(view);
  const free = view.talk.chat !== null && !isSending(view);
  switch (input.type) {
    case "send":
      if (!canSend(view) || !view.draft.trim()) return null;
      return { do: "send", parent: leaf?.m ?? null, text: view.draft };
    case "edit-send":
      if (!free || !view.editor?.text.trim()) return null;
      return { do: "edit", message: view.editor.m, text: view.editor.text };
    case "retry":
      return free ? { do: "retry", message: input.m } : null;
    case "confirm":
      return free && leaf?.tip === "confirming" ? { do: "confirm", parent: leaf.m, yes: input.yes } : null;
    case "new":
      return free ? { do: "new" } : null;
    case "stop":
      return [...view.pending.values()].some(({ order }) => order.do === "stop") ? null : { do: "stop" };
    case "rehearse":
      return { do: "rehearse", act: input.act, speed: input.speed };
    case "rate":
      return { do: "feedback", message: input.m, thumb: input.thumb, words: input.words };
    case "mark":
      return markOrder(view, input);
    case "archive":
      return { do: "archive", message: input.m, archived: input.archived };
  }
}

/** What is not asked for stays as it is; also where an order that is under way has not come back yet. */
function markOrder(view: View, { m, label, starred }: Extract<Input, { type: "mark" }>): Order {
  const sent = [...view.pending.values()].map(({ order }) => order);
  const under_way = sent.findLast((order) => order.do === "mark" && order.message === m);
  const known = under_way?.do === "mark" ? under_way : view.talk.rows.get(m)?.mark;
  return { do: "mark", message: m, label: label ?? known?.label ?? "", starred: starred ?? known?.starred ?? false };
}

function changeEditor(view: View, input: Extract<Input, { type: "edit" | "edit-text" | "edit-step" }>): Step {
  if (input.type === "edit") {
    if (input.m === null) return only({ ...view, editor: null }, { do: "focus", on: "composer" });
    return openEditor(view, input.m);
  }
  if (!view.editor) return only(view);
  if (input.type === "edit-text") return only({ ...view, editor: { ...view.editor, text: input.text } });
  const own = ownMessages(view);
  return openEditor(view, own[own.indexOf(view.editor.m) + input.by]);
}

function openEditor(view: View, m: string | undefined): Step {
  const row = view.talk.rows.get(m ?? "");
  if (!row || view.editor?.m === m) return only(view, { do: "focus", on: "editor" });
  const editor = { m: row.m, text: textOf(blocksOf(view.talk, row)), error: null };
  return only({ ...view, editor }, { do: "focus", on: "editor" });
}

// -- what the kernel says

function takeTalk(view: View, talk: Talk): Step {
  const conversation = talk.chat?.conversation;
  const other = conversation !== undefined && conversation !== view.talk.chat?.conversation;
  if (talk.rows === view.talk.rows && talk.chat?.head === view.talk.chat?.head && !other)
    return only({ ...view, talk });
  const fresh: View = other
    ? { ...view, talk, path: [], visited: new Map(), browsing: false, editor: null, feedback: null, ...nothingOpen }
    : { ...view, talk };
  const next = reachGoal(followHead(fresh));
  return other ? only(next, { do: "recall", conversation }) : only(next);
}

/** The head's leaf. A head that is the person's message goes on to the newest reply to it. */
function headLeaf(talk: Talk, visited: Visited): string | null {
  const head = talk.chat?.head ?? null;
  if (head === null || !talk.rows.has(head)) return null;
  const below = childrenOf(talk.children, head);
  const running = below.find((m) => isRunning(talk.rows.get(m)));
  if (running) return running;
  if (talk.rows.get(head)?.role !== "user") return head;
  return leafBelow(talk.children, visited, below.at(-1) ?? head, archivedIn(talk.rows));
}

function followHead(view: View): View {
  const { rows } = view.talk;
  const head = headLeaf(view.talk, view.visited);
  const at = view.path.at(-1);
  if (at === undefined || !rows.has(at)) return lookAt({ ...view, browsing: false }, head);
  const grown = down(view, at);
  if (view.browsing) return lookAt(view, grown);
  if (!isBelow(rows, head, at) && isRunning(rows.get(grown ?? ""))) return lookAt(view, grown);
  return lookAt(view, head);
}

const down = ({ talk, visited }: View, from: string): string | null =>
  leafBelow(talk.children, visited, from, archivedIn(talk.rows));

/** The person went elsewhere: the way back is kept. */
function moved(before: View, view: View): View {
  const [from, to] = [before.path.at(-1), view.path.at(-1)];
  return from === undefined || from === to ? view : { ...view, cameFrom: from };
}

function lookAt(view: View, leaf: string | null): View {
  const path = pathTo(view.talk.rows, leaf);
  const same = path.length === view.path.length && path.every((m, index) => m === view.path[index]);
  const visited = remember(view.visited, path);
  const browsing = leaf !== headLeaf(view.talk, visited);
  const editor = view.editor && path.includes(view.editor.m) ? view.editor : null;
  return { ...view, path: same ? view.path : path, visited, browsing, editor };
}

function reachGoal(view: View): View {
  if (view.goal === null || !view.talk.rows.has(view.goal)) return view;
  return lookAt({ ...view, goal: null }, down(view, view.goal));
}

/** Adds what is to be read out: messages at the end of the path that were not there, or not complete, before. */
function announcing(before: View, { view, effects }: Step): Step {
  const { talk, path } = view;
  if (!before.talk.chat || before.talk.chat.conversation !== talk.chat?.conversation) return { view, effects };
  const messages = path.slice(-2).filter((m) => {
    const known = before.path.includes(m) && !isRunning(before.talk.rows.get(m));
    return !known && !isRunning(talk.rows.get(m));
  });
  return messages.length ? { view, effects: [...effects, { do: "announce", messages }] } : { view, effects };
}

function takeAnswer(view: View, answer: AnswerMessage): Step {
  const done = view.pending.get(answer.c);
  if (!done) return only(view);
  const pending = new Map(view.pending);
  pending.delete(answer.c);
  const next = { ...view, pending };
  return answer.ok ? granted(next, done.order, answer.m) : refusedStep(next, done.order, answer.error);
}

function granted(view: View, order: Order, m: string | null): Step {
  switch (order.do) {
    case "send":
    case "retry":
    case "confirm": {
      const effects: Effect[] = order.do === "send" ? [{ do: "keep", text: view.draft }] : [];
      return only(reachGoal({ ...view, goal: m }), ...effects);
    }
    case "edit":
      return only(reachGoal({ ...view, goal: m, editor: null }), { do: "focus", on: "composer" });
    case "new":
      return only(view, { do: "focus", on: "composer" });
    case "archive": {
      const away = order.archived ? { m: order.message, count: countBelow(view.talk.children, order.message) } : null;
      const what = order.archived ? "archived" : "restored";
      return only({ ...view, away }, { do: "tell", what, count: away?.count ?? 0 });
    }
    default:
      return only(view);
  }
}

/** Nothing that was typed is lost: the text of a refused message goes back above what was typed since. */
function refusedStep(view: View, order: Order, error: ErrorView | null): Step {
  if (order.do === "edit" && view.editor) return only({ ...view, editor: { ...view.editor, error } });
  if (order.do !== "send") return only({ ...view, refused: error });
  const draft = view.draft.trim() ? `${order.text}\n\n${view.draft}` : order.text;
  return only({ ...view, refused: error, draft }, { do: "keep", text: draft });
}

function markOverdue(view: View, c: string): View {
  const late = view.pending.get(c);
  return late ? { ...view, pending: new Map(view.pending).set(c, { ...late, overdue: true }) } : view;
}
