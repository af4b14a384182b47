/** How the panel reaches the kernel. The panel knows no more of Jupyter than this. */
import type { AnyModel } from "@anywidget/types";
import type { Command } from "./wire";

export interface Transport {
  /** The conversation as far as it is known before the first message; "" if it is not. */
  readonly conversation: string;
  /** Raises where there is no kernel to send to. */
  send(command: Command): void;
  onMessage(listener: Hear, signal: AbortSignal): void;
}

/** A message, and what came beside it as bytes. */
export type Hear = (message: unknown, buffers: readonly DataView[]) => void;

type WidgetState = { conversation?: string };

/** Custom messages over the comm of an anywidget model. */
export function commTransport(model: AnyModel<WidgetState>): Transport {
  return {
    get conversation() {
      return model.get("conversation") ?? "";
    },
    send: (command) => model.send(command),
    onMessage(listener, signal) {
      if (signal.aborted) return;
      const hear = (message: unknown, buffers: DataView[] = []) => listener(message, buffers);
      model.on("msg:custom", hear);
      signal.addEventListener("abort", () => model.off("msg:custom", hear), { once: true });
    },
  };
}

/** A transport without a kernel, for tests and the development page: it records commands and can fire messages. */
export class FakeTransport implements Transport {
  conversation = "";
  readonly commands: Command[] = [];
  readonly #listeners = new Set<Hear>();
  readonly #onCommand: (command: Command) => void;

  constructor(onCommand: (command: Command) => void = () => {}) {
    this.#onCommand = onCommand;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  send(command: Command): void {
    this.commands.push(command);
    this.#onCommand(command);
  }

  onMessage(listener: Hear, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  fire(message: unknown, buffers: readonly DataView[] = []): void {
    for (const listener of this.#listeners) listener(message, buffers);
  }
}
