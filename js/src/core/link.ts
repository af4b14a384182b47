/**
 * One link for each widget, however many views show it: it hears the kernel, keeps the talk, and asks again when
 * something was lost. Views join it; with the last one gone it falls silent.
 */
import { newId } from "./ids";
import { isRunning, noTalk, receive, type Talk, turnPage } from "./talk";
import type { Transport } from "./transport";
import { type AnswerMessage, type Command, type ErrorView, type Order, type PlayMessage, parseMessage } from "./wire";

export interface Listener {
  onTalk(talk: Talk): void;
  onAnswer(answer: AnswerMessage): void;
  /** The kernel has not answered this command for a while. */
  onOverdue(c: string): void;
  /** A stored branch is to be shown again. */
  onPlay(wish: PlayMessage): void;
}

/** Milliseconds. */
const ASK_AGAIN = [2_000, 4_000, 8_000, 16_000, 30_000];
/** Answers can be dropped on the way; the kernel does a command once, so it may be sent again. */
const SEND_AGAIN = [5_000, 15_000, 45_000];
const OVERDUE = 3_000;
const SILENCE = 15_000;
/** After which a page is asked for again. */
const PAGE_AGAIN = 5_000;

/** The panel's own words go with this code: see `errorWords`. */
const unreachable: ErrorView = {
  code: "unreachable",
  what: "",
  advice: "",
  who: "you",
  retryable: false,
  request_id: null,
  retry_after: null,
};

const links = new WeakMap<Transport, Link>();

export class Link {
  talk: Talk = noTalk;
  /** The view that acted last; it alone reads out what comes. */
  speaker: Listener | null = null;
  readonly #transport: Transport;
  readonly #listeners = new Map<Listener, number>();
  readonly #awaited = new Map<string, ReturnType<typeof setTimeout>[]>();
  readonly #open = new AbortController();
  #page: { below: number; again: ReturnType<typeof setInterval> } | null = null;
  #asking: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  static of(transport: Transport): Link {
    const known = links.get(transport);
    if (known) return known;
    const link = new Link(transport);
    links.set(transport, link);
    return link;
  }

  private constructor(transport: Transport) {
    this.#transport = transport;
    transport.onMessage((message) => this.#hear(message), this.#open.signal);
    const onReturn = () => document.visibilityState === "visible" && this.#catchUp();
    document.addEventListener("visibilitychange", onReturn, { signal: this.#open.signal });
    window.addEventListener("online", () => this.#catchUp(), { signal: this.#open.signal });
    this.#ask();
  }

  /** Gives the view a number that no other open view of this widget has. */
  join(listener: Listener, signal: AbortSignal): number {
    const taken = new Set(this.#listeners.values());
    let number = 0;
    while (taken.has(number)) number++;
    this.#listeners.set(listener, number);
    this.speaker ??= listener;
    signal.addEventListener("abort", () => this.#leave(listener), { once: true });
    return number;
  }

  order(listener: Listener, c: string, order: Order): void {
    this.speaker = listener;
    const conversation = this.#conversation; // that of now, also when it is sent again later
    if (!this.#send(c, order, conversation)) {
      const answer: AnswerMessage = { t: "answer", c, ok: false, error: unreachable, m: null };
      queueMicrotask(() => listener.onAnswer(answer));
      return;
    }
    const overdue = setTimeout(() => listener.onOverdue(c), OVERDUE);
    this.#awaited.set(c, [
      overdue,
      ...SEND_AGAIN.map((after) => setTimeout(() => this.#send(c, order, conversation), after)),
    ]);
  }

  get #conversation(): string {
    return this.talk.chat?.conversation ?? this.#transport.conversation;
  }

  #send(c: string, order: Order, conversation = this.#conversation): boolean {
    try {
      this.#transport.send({ t: "command", c, conversation, ...order } as Command);
      return true;
    } catch (error) {
      console.warn("convend: the kernel cannot be reached", error);
      return false;
    }
  }

  #hear(value: unknown): void {
    const message = parseMessage(value);
    if (message === null || message.t === "seen") return;
    if (message.t === "answer") {
      for (const timer of this.#awaited.get(message.c) ?? []) clearTimeout(timer);
      this.#awaited.delete(message.c);
      for (const listener of this.#listeners.keys()) listener.onAnswer(message);
      return;
    }
    if (message.t === "play") {
      for (const listener of this.#listeners.keys()) listener.onPlay(message);
      return;
    }
    if (message.t === "unknown") console.warn("convend: a message that this panel cannot read", value);
    const before = this.talk;
    this.talk = message.t === "page" ? turnPage(before, message) : receive(before, message);
    if (message.t !== "page") {
      if (this.talk.sync === "live") this.#settle();
      else if (!this.#asking || before.sync === "live") this.#ask();
    }
    this.#turnPages();
    const asideOnly = message.t === "page" && this.talk.arriving !== null && this.talk.rows === before.rows;
    if (this.talk !== before && !asideOnly) for (const each of this.#listeners.keys()) each.onTalk(this.talk);
  }

  /** All is here: stop asking, and watch for silence while a reply runs. */
  #settle(): void {
    clearTimeout(this.#asking);
    this.#asking = undefined;
    this.#watchOver();
  }

  /** Asks for the next page, one at a time. */
  #turnPages(): void {
    const below = this.talk.arriving?.below;
    if (below === this.#page?.below) return;
    clearInterval(this.#page?.again);
    this.#page = null;
    if (below === undefined) return;
    const ask = () => this.#send(newId(), { do: "page", below });
    this.#page = { below, again: setInterval(ask, PAGE_AGAIN) };
    ask();
  }

  /** The last message may be the one that was lost, which no later number tells. */
  #catchUp(): void {
    if (this.talk.sync !== "live") return; // it asks already
    this.#send(newId(), { do: "resync", have: this.talk.n ?? 0 });
    this.#watchOver();
  }

  #watchOver(): void {
    clearTimeout(this.#watch);
    const running = this.talk.chat?.running;
    const busy = running != null || isRunning(this.talk.rows.get(this.talk.chat?.head ?? ""));
    this.#watch = busy ? setTimeout(() => this.#catchUp(), SILENCE) : undefined;
  }

  #ask(attempt = 0): void {
    const { n, chat } = this.talk;
    this.#send(newId(), chat && n !== null ? { do: "resync", have: n } : { do: "hello", have: null });
    const wait = ASK_AGAIN[attempt];
    clearTimeout(this.#asking);
    this.#asking = wait === undefined ? undefined : setTimeout(() => this.#ask(attempt + 1), wait);
  }

  #leave(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.speaker === listener) this.speaker = [...this.#listeners.keys()].at(-1) ?? null;
    if (this.#listeners.size) return;
    this.#open.abort();
    links.delete(this.#transport);
    clearTimeout(this.#asking);
    clearTimeout(this.#watch);
    clearInterval(this.#page?.again);
    for (const timer of [...this.#awaited.values()].flat()) clearTimeout(timer);
  }
}
