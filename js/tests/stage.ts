/** A panel on a fake transport in the page of the test, and hands to work it. */
import { onTestFinished } from "vitest";
import type { ChunkName, Chunks } from "../src/core/chunks";
import { FakeTransport } from "../src/core/transport";
import type { AnswerMessage, ChatView, Command, Row } from "../src/core/wire";
import { fixtures } from "../src/dev/states";
import { mount } from "../src/panel";
import { baseChat } from "./rows";

export type Sent<Do extends Command["do"]> = Extract<Command, { do: Do }>;

/** Puts a chunk into the page, as if the kernel had sent it. */
export function offer<Name extends ChunkName>(name: Name, module: Chunks[Name]): void {
  const page = globalThis as { convend_chunks?: Map<string, object> };
  const chunk = { ready: Promise.resolve(module), asked: true, here: true, take: () => {} };
  page.convend_chunks?.set(name, chunk);
  onTestFinished(() => void page.convend_chunks?.delete(name));
}

export class Stage {
  readonly transport = new FakeTransport();
  n = 0;

  /** Fires a numbered message. */
  say(message: object): void {
    this.n += 1;
    this.transport.fire({ ...message, n: this.n });
  }

  snapshot(chat: Partial<ChatView>, rows: readonly Row[]): void {
    this.say({ t: "snapshot", chat: baseChat(chat), rows, below: null });
  }

  answer(command: Command, change: Partial<AnswerMessage> = {}): void {
    this.transport.fire({ t: "answer", c: command.c, ok: true, error: null, m: null, ...change });
  }

  fixture(name: string): void {
    for (const message of fixtures[name]?.messages ?? []) this.transport.fire(message);
    this.n = Math.max(...(fixtures[name]?.messages ?? []).map((message) => (message as { n?: number }).n ?? 0));
  }

  /** The commands of one kind that were sent so far. */
  sent<Do extends Command["do"]>(kind: Do): Sent<Do>[] {
    return this.transport.commands.filter((command): command is Sent<Do> => command.do === kind);
  }

  /** Shows one more view. */
  view(language = "en"): Hands {
    const el = document.createElement("div");
    document.body.append(el);
    const life = new AbortController();
    mount({ transport: this.transport, el, signal: life.signal, language });
    onTestFinished(() => {
      life.abort();
      el.remove();
      sessionStorage.clear();
    });
    return new Hands(el, life);
  }
}

export class Hands {
  constructor(
    readonly el: HTMLElement,
    readonly life: AbortController,
  ) {}

  close(): void {
    this.life.abort();
  }

  get root(): HTMLElement {
    return this.find(".cvd-root");
  }

  get field(): HTMLTextAreaElement {
    return this.find(".cvd-input") as HTMLTextAreaElement;
  }

  get send(): HTMLButtonElement {
    return this.find(".cvd-send") as HTMLButtonElement;
  }

  get log(): HTMLElement {
    return this.find('[role="log"]');
  }

  get status(): string {
    return this.find('.cvd-hidden [role="status"]').textContent ?? "";
  }

  find(selector: string): HTMLElement {
    const found = this.el.querySelector<HTMLElement>(selector);
    if (!found) throw new Error(`nothing matches ${selector}`);
    return found;
  }

  has(selector: string): boolean {
    return this.el.querySelector(selector) !== null;
  }

  /** What can be seen of the matching element; "" if it is hidden or not there. */
  text(selector: string): string {
    const found = this.el.querySelector<HTMLElement>(selector);
    return found && !found.closest("[hidden]") ? (found.textContent ?? "") : "";
  }

  message(m: string): HTMLElement {
    return this.find(`.cvd-item[data-m="${m}"]`);
  }

  get messages(): string[] {
    return [...this.el.querySelectorAll("[data-m]")].map((item) => item.getAttribute("data-m") ?? "");
  }

  button(label: string, within: HTMLElement = this.el): HTMLButtonElement {
    const buttons = [...within.querySelectorAll("button")].filter((each) => !each.closest("[hidden]"));
    const found = buttons.find((each) => (each.getAttribute("aria-label") ?? each.textContent) === label);
    if (!found) throw new Error(`no button "${label}" among: ${buttons.map((each) => each.textContent).join(", ")}`);
    return found;
  }

  press(label: string, within?: HTMLElement): void {
    this.button(label, within).click();
  }

  type(text: string, field = this.field): void {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  key(key: string, init: KeyboardEventInit = {}, target: HTMLElement = this.field): KeyboardEvent {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    target.dispatchEvent(event);
    return event;
  }
}

/** Frames and timers up to now. */
export const settle = (ms = 150): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
