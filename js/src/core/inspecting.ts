/**
 * Asks the kernel what the model saw, and puts the parts of the answer together. It is no part of the conversation:
 * nothing is numbered, and where a part was lost all of it is asked for again.
 */
import { newId } from "./ids";
import type { Transport } from "./transport";
import { type ErrorView, type Order, parseMessage } from "./wire";

/** The text of an answer, or why there is none. `null`: it did not get through. */
export type Answer = { text: string } | { error: ErrorView | null };

/** Milliseconds. */
const ASK_AGAIN = [5_000, 15_000, 45_000];
/** Answers with a hole, before it is given up. */
const HOLES = 3;

interface Asked {
  parts: string[];
  holes: number;
  ask(): void;
  /** Asks no more by itself. */
  rest(): void;
  done(answer: Answer): void;
}

export class Inspecting {
  readonly #transport: Transport;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<string, Asked>();
  #listening = false;

  constructor(transport: Transport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  ask(conversation: string, message: string, call: number): Promise<Answer> {
    this.#listen();
    const c = newId();
    const order: Order = { do: "inspect", message, call };
    return new Promise((resolve) => {
      const send = () => {
        try {
          this.#transport.send({ t: "command", c, conversation, ...order });
        } catch {
          done({ error: null });
        }
      };
      const timers = ASK_AGAIN.map((after) => setTimeout(send, after));
      const rest = () => timers.forEach(clearTimeout);
      const done = (answer: Answer) => {
        rest();
        this.#asked.delete(c);
        resolve(answer);
      };
      this.#asked.set(c, { parts: [], holes: 0, ask: send, rest, done });
      send();
    });
  }

  #listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#transport.onMessage((value) => this.#hear(value), this.#signal);
    const rest = () => this.#asked.forEach((asked) => void asked.rest());
    this.#signal.addEventListener("abort", rest, { once: true });
  }

  #hear(value: unknown): void {
    const message = parseMessage(value);
    if (message?.t !== "seen" && message?.t !== "answer") return;
    const asked = this.#asked.get(message.c);
    if (!asked) return;
    if (message.t === "seen") {
      asked.parts.length = message.parts;
      asked.parts[message.part - 1] = message.text;
    } else if (!message.ok) asked.done({ error: message.error });
    else if (isWhole(asked.parts)) asked.done({ text: asked.parts.join("") });
    else if (++asked.holes < HOLES) asked.ask();
    else asked.done({ error: null });
  }
}

function isWhole(parts: readonly string[]): boolean {
  for (let at = 0; at < parts.length; at++) if (parts[at] === undefined) return false; // `every` passes over holes
  return parts.length > 0;
}
