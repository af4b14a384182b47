import type { AnyModel, Experimental, Host } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import widget from "../src/widget";

type Hear = (message: unknown, buffers?: DataView[]) => void;

const CODE = "export function mount(options) { globalThis.mounted.push(options); }";

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** As much of an anywidget model as the loader uses. */
class Model {
  readonly sent: { t: string; c: string; do: string; name: string }[] = [];
  readonly heard = new Set<Hear>();
  readonly state: { chunk_name: string; chunk_sha256: string; conversation: string; language: string };

  constructor(sha: string) {
    this.state = { chunk_name: "panel", chunk_sha256: sha, conversation: "c1", language: "" };
  }

  get = (name: keyof Model["state"]) => this.state[name];
  send = (message: never) => void this.sent.push(message);
  on = (_: string, hear: Hear) => void this.heard.add(hear);
  off = (_: string, hear: Hear) => void this.heard.delete(hear);

  fire(message: unknown, code?: string): void {
    const padded = new TextEncoder().encode(`    ${code}`); // a view need not begin where its buffer begins
    for (const hear of [...this.heard]) hear(message, code === undefined ? [] : [new DataView(padded.buffer, 4)]);
  }

  chunk(code = CODE): void {
    this.fire({ t: "chunk", name: "panel", sha256: this.state.chunk_sha256 }, code);
  }
}

const mounted: { el: HTMLElement; signal: AbortSignal; language: string; transport: { conversation: string } }[] = [];

async function show(model: Model, signal = new AbortController().signal) {
  const el = document.createElement("div");
  const props = {
    model: model as unknown as AnyModel<Model["state"]>,
    el,
    signal,
    host: {} as Host,
    experimental: {} as Experimental,
  };
  const made = typeof widget === "function" ? await widget() : widget;
  await made.initialize?.(props);
  const close = await made.render?.(props);
  return { el, close: close as () => void };
}

const turn = () => vi.advanceTimersByTimeAsync(0);
const settled = () => vi.waitFor(() => expect(mounted.length).toBeGreaterThan(0));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  mounted.length = 0;
  Object.assign(globalThis, { mounted });
  (globalThis as { convend_chunks?: Map<string, unknown> }).convend_chunks?.clear();
  const blobs = new Map<string, string>();
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: Uint8Array[]) {}
    },
  );
  // Node cannot import a blob: URL; a data: URL of the same bytes stands in
  URL.createObjectURL = (blob) => {
    const bytes = (blob as unknown as { parts: Uint8Array[] }).parts[0] as Uint8Array;
    const url = `data:text/javascript,${encodeURIComponent(new TextDecoder().decode(bytes))}`;
    blobs.set(url, "");
    return url;
  };
  URL.revokeObjectURL = () => {};
});
afterEach(() => void vi.useRealTimers());

describe("the loader", () => {
  test("asks the kernel for the panel by name, shows one quiet line, and mounts what comes", async () => {
    const model = new Model(await sha256(CODE));
    const { el } = await show(model);
    await turn();
    expect(model.sent).toMatchObject([{ t: "command", do: "chunk", name: "panel" }]);
    expect(el.textContent).toBe("Opening the chat…");
    model.chunk();
    await settled();
    expect(mounted[0]?.el).toBe(el);
    expect(mounted[0]?.transport.conversation).toBe("c1");
  });

  test("speaks the language of the chat, else of the browser, and tells the panel which", async () => {
    const model = new Model(await sha256(`${CODE}//de`));
    model.state.language = "de-AT";
    const { el } = await show(model);
    expect(el.textContent).toBe("Der Chat wird geöffnet …");
    model.chunk(`${CODE}//de`);
    await settled();
    model.state.language = "";
    await show(model);
    await vi.waitFor(() => expect(mounted).toHaveLength(2));
    expect(mounted.map(({ language }) => language)).toEqual(["de-AT", navigator.language]);
  });

  test("asks once a page: a second view and a second widget take what is there", async () => {
    const sha = await sha256(CODE);
    const [model, other] = [new Model(sha), new Model(sha)];
    await show(model);
    await turn();
    model.chunk();
    await settled();
    await show(model);
    await show(other);
    await vi.waitFor(() => expect(mounted).toHaveLength(3));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(model.sent.length + other.sent.length).toBe(1);
  });

  test("asks a kernel of its own where the first one does not answer", async () => {
    const sha = await sha256(CODE);
    const [dead, alive] = [new Model(sha), new Model(sha)];
    const first = await show(dead);
    await turn();
    await show(alive);
    await turn();
    expect(alive.sent).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(alive.sent).toHaveLength(1);
    alive.chunk();
    await vi.waitFor(() => expect(mounted).toHaveLength(2));
    expect(mounted.map(({ el }) => el)).toContain(first.el);
  });

  test("does not run what is not what was asked for, and says what to do", async () => {
    const failure = vi.spyOn(console, "error").mockImplementation(() => {});
    const model = new Model(await sha256(CODE));
    const { el } = await show(model);
    await turn();
    model.chunk(`${CODE}//`);
    await vi.waitFor(() => expect(el.textContent).toContain("did not load"));
    expect(mounted).toEqual([]);
    expect(failure).toHaveBeenCalled();
    el.querySelector("button")?.click();
    await turn();
    expect(model.sent).toHaveLength(2);
    model.chunk();
    await settled();
  });

  test("[fault 39] explains itself while no kernel answers, and opens when one does", async () => {
    const model = new Model(await sha256(CODE));
    const { el } = await show(model);
    expect(el.querySelector(".cvd-opening")).not.toBeNull();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(el.textContent).toContain("waits for the kernel");
    expect(el.querySelector(".cvd-opening"), "a saved copy below shows again").toBeNull();
    el.querySelector("button")?.click();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(model.sent).toHaveLength(2);
    model.chunk();
    await settled();
    await turn();
    expect(mounted).toHaveLength(1);
  });

  test("[fault 36] leaves nothing behind when its view is closed, before and after the panel came", async () => {
    const model = new Model(await sha256(CODE));
    const life = new AbortController();
    await show(model, life.signal);
    const { close } = await show(model);
    expect(model.heard.size).toBe(2);
    life.abort();
    close();
    expect(model.heard.size).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    model.chunk();
    await turn();
    expect(mounted).toEqual([]);
  });

  test("passes over messages that are not for it", async () => {
    const model = new Model(await sha256(CODE));
    await show(model);
    for (const message of [null, 7, {}, { t: "rows" }, { t: "chunk", name: "panel" }, { t: "chunk", sha256: "x" }])
      model.fire(message, "throw new Error('must not run')");
    await turn();
    expect(mounted).toEqual([]);
  });
});
