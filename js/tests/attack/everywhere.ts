/** One panel with a text of one's choice in every field that it shows. */
import { FakeTransport } from "../../src/core/transport";
import type { ChatView, ErrorView, Row } from "../../src/core/wire";
import { mount } from "../../src/panel";
import { baseChat, reply, running, user } from "../rows";

/** What a field is to hold. */
export type Filling = (field: string) => string;

const errorOf = (fill: Filling, field: string): ErrorView => ({
  code: fill(`${field}.code`),
  what: fill(`${field}.what`),
  advice: fill(`${field}.advice`),
  who: fill(`${field}.who`),
  retryable: true,
  request_id: fill(`${field}.request_id`),
  retry_after: 5,
});

function chatOf(fill: Filling, head: string, change: Partial<ChatView> = {}): ChatView {
  return baseChat({
    head,
    model: fill("chat.model"),
    provider: fill("chat.provider"),
    policy: fill("chat.policy"),
    rehearsal: false,
    notices: [{ code: fill("notice.code"), text: fill("notice.text") }],
    stored: { path: fill("chat.stored"), writable: true },
    ...change,
  });
}

/** A reply with a block of each kind. */
const blocksOf = (fill: Filling): Row["blocks"] => [
  { k: "thinking", text: fill("thinking") },
  { k: "text", text: fill("reply") },
  { k: "other", type: fill("other.type") },
  { k: "warning", kind: fill("warning.kind"), counted: false },
  { k: "attempt", verdict: "blocked", trigger: fill("attempt.trigger"), missing: [fill("missing"), fill("missing")] },
  { k: "attempt", verdict: "observed", trigger: fill("attempt.trigger"), missing: [fill("objection")] },
];

const endingOf = (fill: Filling, name: string): Row["ending"] => ({
  trigger: fill("ending.trigger"),
  reason: fill("ending.reason"),
  warnings: [
    { m: `${name}2`, kind: fill("ending.kind") },
    { m: fill("ending.message"), kind: "redirect" },
  ],
  policy: fill("ending.policy"),
  mode: "observe",
  confirmed_by: fill("ending.confirmed_by"),
  needs: [{ gate: fill("ending.gate"), number: 2 }],
});

/** One branch on which replies came out in every way. */
function rowsOf(fill: Filling, name: string): Row[] {
  const rows: Row[] = [];
  const add = (row: Row, m = `${name}${rows.length + 1}`) =>
    rows.push({ ...row, m, p: rows.at(-1)?.m ?? null, seq: rows.length + 1 });
  const turn = (change: Partial<Row>, words = "Go on.") => {
    add(user("u", null, words));
    add(reply("a", "u", "", { ...change, model: fill("row.model") }));
  };
  add(user("u", null, fill("said"), { by: fill("by"), edit_of: fill("edit_of") }));
  const feedback = { thumb: "up", words: fill("feedback") } as const;
  const mark = { label: fill("label"), starred: true, archived: false };
  add(reply("a", "u", "", { blocks: blocksOf(fill), note: fill("note"), stop: fill("stop"), feedback, mark }));
  turn({ state: "refused", note: fill("refusal.note") });
  turn({ state: "failed", error: errorOf(fill, "failed") });
  turn({ state: "failed", note: fill("failed.note") });
  turn({ state: "interrupted", error: errorOf(fill, "interrupted") });
  turn({ state: "interrupted", note: fill("interrupted.note") });
  turn({ state: "stopped", note: fill("stopped.note") });
  turn({ tip: "ended", ending: endingOf(fill, name) });
  add(user("u", null, "And now?"), `${fill("id")} ${name}`);
  add(reply("a", "u", "Shall I end it?", { tip: "confirming" }));
  return rows;
}

/** A panel that shows one text after another; nothing of one is left when the next comes. */
export class Everywhere {
  readonly root: HTMLElement;
  readonly #transport = new FakeTransport();
  #n = 0;
  #talks = 0;

  constructor(el: HTMLElement, signal: AbortSignal) {
    mount({ transport: this.#transport, el, signal, language: "en" });
    this.root = el.querySelector(".cvd-root") as HTMLElement;
  }

  /** Fills every field; `look` is called each time that something new is to be seen. */
  show(fill: Filling, look: () => void): void {
    const name = `m${++this.#talks}-`;
    const rows = rowsOf(fill, name);
    const head = rows.at(-1)?.m as string;
    const chat = chatOf(fill, head, { conversation: `c${this.#talks}` });
    this.#say({ t: "snapshot", chat, rows, below: null });
    look();
    this.#refuse(fill);
    look();
    this.#stream(fill, chat, head, name);
    look();
    this.#press(".cvd-new"); // so that no draft goes along
    this.#answer({ ok: true });
  }

  #say(message: object): void {
    this.#n += 1;
    this.#transport.fire({ ...message, n: this.#n });
  }

  #answer(change: object): void {
    const c = this.#transport.commands.at(-1)?.c;
    this.#transport.fire({ t: "answer", c, ok: false, error: null, m: null, ...change });
  }

  #press(selector: string): void {
    this.root.querySelector<HTMLElement>(selector)?.click();
  }

  #type(selector: string, text: string): void {
    const field = this.root.querySelector(selector) as HTMLTextAreaElement;
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** A message and an edit that are refused, and the form for feedback with what was given. */
  #refuse(fill: Filling): void {
    this.#press('.cvd-item [aria-label="Edit"]');
    this.#press(".cvd-editor .cvd-primary");
    this.#answer({ error: errorOf(fill, "edit") });
    this.#press('.cvd-toolbar [aria-label="Bad reply"]');
    this.#answer({ ok: true });
    this.#type(".cvd-input", fill("draft"));
    this.#press(".cvd-send");
    this.#answer({ error: errorOf(fill, "refused") });
  }

  /** A message on its way, and a reply that grows while the kernel waits. */
  #stream(fill: Filling, chat: ChatView, head: string, name: string): void {
    this.#type(".cvd-input", fill("draft"));
    this.#press(".cvd-send");
    const m = `${name}running`;
    this.#say({ t: "rows", rows: [{ ...running(m, head), seq: 90 }] });
    const wait = { seconds: 9, why: fill("wait.why") };
    this.#say({ t: "chat", chat: { ...chat, status: "waiting", wait, running: m } });
    const thinking = [0, "thinking", fill("streamed.thinking")];
    this.#say({ t: "delta", m, d: [thinking, [1, "text", fill("streamed")]] });
    this.#answer({ ok: true });
  }
}
