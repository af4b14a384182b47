/**
 * Reads what `convend_widget/panel/document.py` writes, wherever it comes from. Pure. What it gives is fit for the
 * panel; anything that is not gets a word that says why, and nothing of it is shown.
 */
import { record } from "../core/guard";
import { isRunning } from "../core/talk";
import { type ChatView, row as isRow, type Row } from "../core/wire";
import type { LabStrings } from "./strings";

export const MIME = "application/vnd.convend+json";
export const VERSION = 1;
const FORMAT = "convend-transcript";
/** The whole log with a transcript in it: `interchange/json_format.py`. */
const EXPORT = "convend";

export interface Copy {
  chat: ChatView;
  rows: readonly Row[];
  /** Messages that are left out: of the head's branch, and of others. */
  earlier: number;
  others: number;
}

export type Read = { copy: Copy } | { problem: string };

/** Fields that are left out where they are null. */
const NULLS = {
  ...{ p: null, confirm: null, ending: null, error: null, note: null, stop: null, model: null },
  ...{ usage: null, feedback: null, edit_of: null, mark: null },
};

/** Of the text of a file. */
export function readText(text: string, words: LabStrings): Read {
  if (text.trim() === "") return { problem: words.emptyFile };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: words.notJson };
  }
  return readDocument(value, words);
}

/** Of a document that is parsed already. */
export function readDocument(value: unknown, words: LabStrings): Read {
  if (!record(value)) return { problem: words.foreign };
  const { format, version, transcript } = value;
  if (format !== FORMAT && format !== EXPORT) return { problem: words.foreign };
  if (typeof version !== "number" || version < 1) return { problem: words.foreign };
  if (version > VERSION) return { problem: words.newer(String(version), VERSION) };
  if (format === FORMAT) return readTranscript(value, words);
  const { format: inside } = record(transcript) ? transcript : {};
  return inside === FORMAT ? readDocument(transcript, words) : { problem: words.noTranscript };
}

const count = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : 0;
const name = (value: unknown): string => (typeof value === "string" ? value : "");

function readTranscript(value: Record<string, unknown>, words: LabStrings): Read {
  const { rows: given, head, conversation, chat: about, earlier, others } = value;
  if (!Array.isArray(given)) return { problem: words.foreign };
  const rows: Row[] = [];
  for (const each of given) {
    const whole: unknown = record(each) ? { ...NULLS, ...each } : null;
    if (!isRow(whole)) return { problem: words.damaged(words.damagedRow(String(rows.length + 1))) };
    rows.push(atRest(whole, words));
  }
  const problem = problemOf(rows, words);
  if (problem) return { problem: words.damaged(problem) };
  const known = new Map(rows.map((row) => [row.m, row]));
  const rooted = rows.map((row) => (row.p !== null && !known.has(row.p) ? { ...row, p: null } : row));
  const tip = known.get(name(head)) ?? rooted.at(-1) ?? null;
  const chat = chatOf(record(about) ? about : {}, name(conversation), tip);
  return { copy: { chat, rows: rooted, earlier: count(earlier), others: count(others) } };
}

/** Nothing goes on in a copy: what was being written then is shown as far as it had come. */
function atRest(row: Row, words: LabStrings): Row {
  return isRunning(row) ? { ...row, state: "interrupted", note: words.writing, error: null } : row;
}

/** What makes these no conversation, in words. Where a row is left out, the ones below it stand as they are. */
function problemOf(rows: readonly Row[], words: LabStrings): string | null {
  const known = new Map<string, Row>();
  for (const [at, row] of rows.entries()) {
    const number = String(at + 1);
    if (known.has(row.m)) return words.damagedTwice(number);
    known.set(row.m, row);
    if (!endsSoundly(row)) return words.damagedEnd(number);
  }
  const settled = new Set<string>();
  for (const [at, row] of rows.entries()) {
    if (row.p !== null && known.get(row.p)?.tip === "ended") return words.damagedAfterEnd(String(at + 1));
    const walked = new Set<string>();
    for (let m: string | null = row.m; m !== null && known.has(m) && !settled.has(m); m = known.get(m)?.p ?? null) {
      if (walked.has(m)) return words.damagedLoop(String(at + 1));
      walked.add(m);
    }
    for (const m of walked) settled.add(m);
  }
  return null;
}

/** Ended is what the recorded call says, and nothing else: a flag alone ends nothing here either. */
function endsSoundly({ ending, tip, role, blocks }: Row): boolean {
  if (ending === null && tip !== "ended") return true;
  const called = blocks.some((block) => block.k === "attempt" && ["accepted", "observed"].includes(block.verdict));
  return ending !== null && tip === "ended" && role === "assistant" && called;
}

function chatOf(about: Record<string, unknown>, conversation: string, tip: Row | null): ChatView {
  const { model, provider: told, policy, mode, can_end } = about;
  const provider = name(told);
  return {
    conversation,
    head: tip?.m ?? null,
    status: tip?.tip === "ended" ? "ended" : "ready",
    wait: null,
    silent: 0,
    model: name(model),
    provider,
    rehearsal: provider === "rehearsal",
    policy: name(policy),
    mode: name(mode),
    can_end: can_end !== false,
    notices: [],
    send_with: "enter",
    theme: "auto",
    size: "normal",
    stored: { path: null, writable: false },
    running: null,
    spent: { input: 0, output: 0, cost: { dollars: null, at_least: false, free: false, unpriced: [], as_of: null } },
    lesson: null,
  };
}
