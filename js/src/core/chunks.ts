/**
 * Parts of the panel that come over the comm when they are first needed, each checked by its sha256, run once a page
 * and shared by all widgets. The digests are built into the panel, so that a view gets what it was built with.
 *
 * To add one:
 * 1. Write js/src/chunks/NAME.ts. What it exports is what one gets. It may import from js/src/core, of which it then has
 *    a copy of its own: take small things (`h`, `button`), and let state, words and orders come in through the desk.
 *    A style sheet of its own is exported as `css` (`import css from "./NAME.css"`): it is put beside the panel's.
 * 2. Name it in `Chunks` below. Its size limit is in js/build.mjs.
 * 3. Call `await desk.chunk("NAME")` where it is needed. It rejects where the chunk does not come: say so, offer another
 *    try, and go on without it. Another call asks again.
 *
 * In tests `offer("NAME", module)` of js/tests/stage.ts stands in for the kernel.
 */
import digests from "convend:chunks";
import { newId } from "./ids";
import { bytesOf, chunkOf, type PageChunk, TURN } from "./page_chunks";
import { addStyle } from "./style";
import type { Transport } from "./transport";

export interface Chunks {
  branches: typeof import("../chunks/branches");
  code: typeof import("../chunks/code");
  de: typeof import("../chunks/de");
  find: typeof import("../chunks/find");
  math: typeof import("../chunks/math");
  play: typeof import("../chunks/play");
  seen: typeof import("../chunks/seen");
}

export type ChunkName = keyof Chunks & string;

/** Milliseconds after which it is asked for again: messages get lost, and a busy kernel answers late. */
const ASK_AGAIN = [2_000, 6_000, 15_000, 40_000];
/** Milliseconds before a caller is told that it does not come. What comes later is kept for the next call. */
const PATIENCE = 15_000;

const known = new Set(Object.values(digests));

/** The chunks as one view asks for them. */
export class Arrivals {
  readonly #transport: Transport;
  readonly #root: Element;
  readonly #signal: AbortSignal;
  readonly #asked = new Map<ChunkName, number>();
  readonly #timers = new Map<ChunkName, ReturnType<typeof setTimeout>[]>();

  /** `root`: an element of the view, beside which the style of a chunk is put. */
  constructor(transport: Transport, root: Element, signal: AbortSignal) {
    this.#transport = transport;
    this.#root = root;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#rest(...this.#timers.keys()), { once: true });
  }

  /** `patience` in milliseconds: `Infinity` for what can wait as long as it takes. */
  async get<Name extends ChunkName>(name: Name, patience = PATIENCE): Promise<Chunks[Name]> {
    const chunk = chunkOf(digests[name] as string);
    if (!chunk.here) this.#ask(name, chunk);
    chunk.ready.then(
      () => this.#rest(name),
      () => this.#rest(name),
    );
    const module = (await within(patience, chunk.ready, this.#signal)) as Chunks[Name] & { css?: string };
    if (module.css) addStyle(this.#root, module.css);
    return module;
  }

  #hear(message: unknown, buffers: readonly DataView[]): void {
    const { t, sha256 } = (message ?? {}) as { t?: unknown; sha256?: unknown };
    const [data] = buffers;
    if (t === "chunk" && typeof sha256 === "string" && known.has(sha256) && data) chunkOf(sha256).take(bytesOf(data));
  }

  #ask(name: ChunkName, chunk: PageChunk): void {
    const now = performance.now();
    const before = this.#asked.get(name);
    if (this.#asked.size === 0) this.#transport.onMessage((...heard) => this.#hear(...heard), this.#signal);
    if (before !== undefined && now - before < TURN) return;
    const first = chunk.asked && before === undefined ? TURN : 0; // another widget has asked
    chunk.asked = true;
    this.#asked.set(name, now);
    this.#rest(name);
    const timers = [first, ...ASK_AGAIN].map((after) => setTimeout(() => this.#send(name), after));
    this.#timers.set(name, timers);
  }

  #send(name: ChunkName): void {
    const sha256 = digests[name] as string;
    try {
      this.#transport.send({ t: "command", c: newId(), conversation: "", do: "chunk", name, sha256 });
    } catch {
      // no kernel at the moment
    }
  }

  #rest(...names: ChunkName[]): void {
    for (const name of names) {
      for (const timer of this.#timers.get(name) ?? []) clearTimeout(timer);
      this.#timers.delete(name);
    }
  }
}

function within<T>(patience: number, promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (patience === Number.POSITIVE_INFINITY) return promise;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("convend: the kernel has not sent this part yet")), patience);
    const rest = () => clearTimeout(timer);
    signal.addEventListener("abort", rest, { once: true });
    promise.then(resolve, reject).finally(() => {
      rest();
      signal.removeEventListener("abort", rest);
    });
  });
}
