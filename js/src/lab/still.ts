/** A transport without a kernel: it has one copy of a conversation to show, and does nothing that anybody asks for. */
import type { Hear, Transport } from "../core/transport";
import type { ChatView, Command } from "../core/wire";
import type { Copy } from "./document";
import { bytesOfPart, partNamed } from "./parts";

export class Still implements Transport {
  readonly #listeners = new Set<Hear>();
  readonly #fail: (error: unknown) => void;
  #copy: Copy;
  #look: Partial<ChatView>;
  #n = 0;

  /** `fail` hears of a copy that the panel cannot show after all. */
  constructor(copy: Copy, look: Partial<ChatView>, fail: (error: unknown) => void = raise) {
    [this.#copy, this.#look, this.#fail] = [copy, look, fail];
  }

  get conversation(): string {
    return this.#copy.chat.conversation;
  }

  /** Shows another copy, or the same in another look. */
  show(copy: Copy, look: Partial<ChatView>): void {
    [this.#copy, this.#look] = [copy, look];
    if (this.#listeners.size) this.#tell();
  }

  send(command: Command): void {
    if (command.do === "hello" || command.do === "resync") queueMicrotask(() => this.#tell());
    else if (command.do === "chunk") this.#fetch(command.name, command.sha256);
    else throw new Error("convend: a saved copy takes no commands");
  }

  onMessage(listener: Hear, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  #tell(): void {
    this.#n += 1;
    const { chat, rows } = this.#copy;
    try {
      this.#fire({ t: "snapshot", n: this.#n, below: null, chat: { ...chat, ...this.#look }, rows });
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Whoever asked tries again, and says so in the end. */
  async #fetch(name: string, sha256: string): Promise<void> {
    try {
      const part = await partNamed(name);
      if (part.sha256 !== sha256) return;
      const bytes = await bytesOfPart(part);
      this.#fire({ t: "chunk", name, sha256 }, [new DataView(bytes.buffer)]);
    } catch (error) {
      console.warn("convend: a part of the panel did not come", error);
    }
  }

  #fire(message: unknown, buffers: readonly DataView[] = []): void {
    for (const listener of this.#listeners) listener(message, buffers);
  }
}

function raise(error: unknown): never {
  throw error;
}
