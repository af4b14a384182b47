/**
 * A stand-in for the kernel on the development page: a small chat that warns and ends, so that one can type there.
 * It keeps no law and no store; it only speaks the wire.
 */
import seen from "../../../tests/fixtures/seen/blocked.json";
import type { Block, ChatView, Command, Mark, Row } from "../core/wire";
import { PlainPage } from "./plain_page";

type Sent = Extract<Command, { do: "rehearse" }>;

/** Rows in a snapshot, and in a page. */
const PAGE = 150;
const RUDE = /useless|stupid|\[abusive message\]/i;
const LEAVE = /\bend (this|the) (chat|conversation)\b/i;

const blankRow: Omit<Row, "m" | "p" | "role" | "seq" | "at"> = {
  state: "sent",
  blocks: [],
  tip: "open",
  by: "panel",
  confirm: null,
  ending: null,
  error: null,
  note: null,
  stop: null,
  model: null,
  usage: null,
  feedback: null,
  edit_of: null,
  mark: null,
};

const TALK = `You wrote to a **stand-in** of the development page. It says the same to everybody:

1. Be rude three times, for example with *You are useless.*, and it ends the chat.
2. Ask it to *end this chat*, and it asks you to confirm.

\`\`\`python
import convend_widget as cw
cw.Chat(scenario="persistent_abuse")
\`\`\`
`;

export class StandIn {
  readonly transport = new PlainPage((command) => queueMicrotask(() => this.#take(command)));
  chat: ChatView;
  rows = new Map<string, Row>();
  #n = 0;
  #seq = 0;
  #stop: (() => void) | null = null;

  constructor(chat: ChatView, rows: readonly Row[] = []) {
    this.chat = chat;
    for (const row of rows) {
      this.rows.set(row.m, row);
      this.#seq = Math.max(this.#seq, row.seq);
    }
  }

  #say(message: object): void {
    this.#n += 1;
    this.transport.fire({ ...message, n: this.#n });
  }

  #snapshot(): void {
    const rows = [...this.rows.values()];
    const below = rows.at(-PAGE)?.seq;
    this.#say({ t: "snapshot", chat: this.chat, rows: rows.slice(-PAGE), below: rows.length > PAGE ? below : null });
  }

  #page(below: number): void {
    const older = [...this.rows.values()].filter((row) => row.seq < below);
    const rows = older.slice(-PAGE);
    const next = older.length > PAGE ? rows[0]?.seq : null;
    this.transport.fire({ t: "page", conversation: this.chat.conversation, below, rows, next });
  }

  #put(...rows: Row[]): void {
    for (const row of rows) this.rows.set(row.m, row);
    this.#say({ t: "rows", rows });
  }

  #setChat(change: Partial<ChatView>): void {
    this.chat = { ...this.chat, ...change };
    this.#say({ t: "chat", chat: this.chat });
  }

  #take(command: Command): void {
    if (command.do === "chunk") return;
    const m = this.#perform(command);
    this.transport.fire({ t: "answer", c: command.c, ok: true, error: null, m });
  }

  /** Gives the message that the command has led to. */
  #perform(command: Exclude<Command, { do: "chunk" }>): string | null {
    switch (command.do) {
      case "hello":
      case "resync":
        this.#snapshot();
        return null;
      case "page":
        this.#page(command.below);
        return null;
      case "send":
        return this.#reply(command.parent, command.text);
      case "confirm":
        return this.#reply(command.parent, command.yes ? "Yes." : "No.", {
          confirm: command.yes ? "yes" : "no",
        });
      case "edit": {
        const edited = this.rows.get(command.message);
        return this.#reply(edited?.p ?? null, command.text, { edit_of: command.message });
      }
      case "retry":
        return this.#retry(command.message);
      case "stop":
        this.#stop?.();
        return null;
      case "new":
        this.rows.clear();
        this.chat = { ...this.chat, conversation: `c-${Date.now()}`, head: null, status: "ready", running: null };
        this.#snapshot();
        return null;
      case "feedback": {
        const row = this.rows.get(command.message);
        if (row) this.#put({ ...row, feedback: { thumb: command.thumb, words: command.words } });
        return null;
      }
      case "rehearse":
        return this.#rehearse(command.act, command.speed);
      case "mark":
        return this.#mark(command.message, { label: command.label, starred: command.starred });
      case "archive":
        return this.#mark(command.message, { archived: command.archived });
      case "inspect":
        return this.#inspect(command.c, command.message, command.call);
    }
  }

  /** Every reply here saw what the fixture's saw. */
  #inspect(c: string, m: string, call: number): null {
    const text = JSON.stringify({ ...seen.calls[Math.min(call, seen.calls.length) - 1], m });
    const half = Math.ceil(text.length / 2);
    const parts = [text.slice(0, half), text.slice(half)];
    parts.forEach((part, at) => {
      this.transport.fire({ t: "seen", c, part: at + 1, parts: parts.length, text: part });
    });
    return null;
  }

  /** It plays no script; it shows what the controls would say. */
  #rehearse(act: Sent["act"], speed: Sent["speed"]): null {
    const { lesson } = this.chat;
    if (!lesson) return null;
    const at = act === "reset" ? 0 : Math.min(lesson.of, lesson.at + (act === "step" ? 1 : 0));
    const playing = act === "play" || (act === "pace" && lesson.playing);
    this.#setChat({ lesson: { ...lesson, at, playing, over: at >= lesson.of, speed } });
    return null;
  }

  #mark(m: string, change: Partial<Mark>): null {
    const row = this.rows.get(m);
    const mark = { label: "", starred: false, archived: false, ...row?.mark, ...change };
    if (row) this.#put({ ...row, mark: mark.label || mark.starred || mark.archived ? mark : null });
    return null;
  }

  #row(p: string | null, role: Row["role"], more: Partial<Row>): Row {
    this.#seq += 1;
    return { ...blankRow, m: `m${this.#seq}`, p, role, seq: this.#seq, at: Date.now() / 1000, ...more };
  }

  #reply(parent: string | null, text: string, more: Partial<Row> = {}): string {
    const user = this.#row(parent, "user", { blocks: [{ k: "text", text }], ...more });
    this.#put(user);
    this.#stream(user);
    return user.m;
  }

  #retry(m: string): string {
    const row = this.rows.get(m);
    const user = row?.role === "user" ? row : this.rows.get(row?.p ?? "");
    return user ? this.#stream(user) : m;
  }

  #stream(user: Row): string {
    const reply = this.#row(user.m, "assistant", { state: "requested", model: this.chat.model });
    this.#put(reply);
    this.#setChat({ head: user.m, status: "responding", running: reply.m });
    const { text, end } = this.#plan(user);
    const words = text.match(/\S+\s*/g) ?? [];
    let at = 0;
    let said = "";
    const timer = setInterval(() => {
      const next = words.slice(at, at + 3).join("");
      at += 3;
      if (at === 3) this.#put({ ...reply, state: "streaming" });
      said += next;
      if (next) this.#say({ t: "delta", m: reply.m, d: [[0, "text", next]] });
      else finish(end(said));
    }, 100);
    const finish = (change: Partial<Row>) => {
      clearInterval(timer);
      this.#stop = null;
      const blocks: Block[] = change.blocks ?? [{ k: "text", text: said }];
      const usage = { input: 40 + user.seq * 20, output: words.length, cache_read: 0 };
      this.#put({ ...reply, state: "settled", stop: "end_turn", usage, ...change, blocks });
      this.#setChat({ head: reply.m, status: change.ending ? "ended" : "ready", running: null });
    };
    this.#stop = () => finish({ state: "stopped", stop: null, note: "panel" });
    return reply.m;
  }

  /** What to say, and what the reply becomes once it is said. */
  #plan(user: Row): { text: string; end: (text: string) => Partial<Row> } {
    const text = user.blocks.map((block) => (block.k === "text" ? block.text : "")).join("");
    const above = this.rows.get(user.p ?? "");
    const block = (said: string): Block => ({ k: "text", text: said });
    if (above?.tip === "confirming" && /^yes/i.test(text))
      return { text: "Then I end it here. All the best.", end: (said) => this.#end(said, "user_request", []) };
    if (LEAVE.test(text))
      return {
        text: "I can do that. It would be final for this conversation. Shall I end it?",
        end: (said) => ({
          tip: "confirming",
          blocks: [block(said), { k: "attempt", verdict: "confirming", trigger: "user_request", missing: [] }],
        }),
      };
    if (!RUDE.test(text)) return { text: TALK, end: () => ({}) };
    const warnings = this.#warnings(user);
    if (warnings.length >= 2)
      return {
        text: "I am ending our conversation here. You can start a new one at any time.",
        end: (said) => this.#end(said, "persistent_harm", warnings),
      };
    const kind = warnings.length === 1 ? "final_warning" : "redirect";
    return {
      text:
        kind === "redirect"
          ? "Let us turn back to your work: what shall we do?"
          : "If this goes on, I will end the chat.",
      end: (said) => ({
        tip: kind === "redirect" ? "open" : "warned",
        blocks: [block(said), { k: "warning", kind, counted: true }],
      }),
    };
  }

  #warnings(user: Row): { m: string; kind: string }[] {
    const found: { m: string; kind: string }[] = [];
    for (let row = this.rows.get(user.p ?? ""); row; row = this.rows.get(row.p ?? ""))
      for (const block of row.blocks) if (block.k === "warning") found.unshift({ m: row.m, kind: block.kind });
    return found;
  }

  #end(said: string, trigger: string, warnings: { m: string; kind: string }[]): Partial<Row> {
    const gates = ["ability", "nobody_at_risk", "warned_first", "person_confirmed"];
    const needs = gates.map((gate) => ({ gate, number: gate === "warned_first" ? 2 : null }));
    const confirmed_by = trigger === "user_request" ? "reading" : null;
    const reason = trigger === "user_request" ? null : "The messages stayed abusive after a redirection and a warning.";
    return {
      tip: "ended",
      stop: "tool_use",
      blocks: [
        { k: "text", text: said },
        { k: "attempt", verdict: "accepted", trigger, missing: [] },
      ],
      ending: { trigger, reason, warnings, policy: "last_resort", mode: "enforce", confirmed_by, needs },
    };
  }
}
