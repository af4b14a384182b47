import { beforeEach, describe, expect, test, vi } from "vitest";
import { Arrivals, type ChunkName } from "../src/core/chunks";
import { FakeTransport } from "../src/core/transport";
import { offer } from "./stage";

// In tests a chunk is known by its name instead of its digest, so nothing is there to check it with.
const NAME = "code" satisfies ChunkName;
let times = 0;
/** Node keeps what it has run, so each test runs other code. */
const made = (): string =>
  `globalThis.runs = (globalThis.runs ?? 0) + 1; export const css = '.cvd-of-a-chunk{}'; export const n = 7; // ${times}`;
const page = globalThis as { convend_chunks?: Map<string, unknown>; runs?: number };

interface Stand {
  transport: FakeTransport;
  root: HTMLElement;
  life: AbortController;
  arrivals: Arrivals;
}

function stand(place: Node = document.body): Stand {
  const [transport, root, life] = [new FakeTransport(), document.createElement("div"), new AbortController()];
  place.appendChild(root);
  return { transport, root, life, arrivals: new Arrivals(transport, root, life.signal) };
}

const bring = ({ transport }: Stand, sha256 = NAME as string, code = made()): void =>
  transport.fire({ t: "chunk", name: NAME, sha256 }, [new DataView(new TextEncoder().encode(code).buffer)]);

const asked = ({ transport }: Stand): number => transport.commands.length;

/** What became of a promise by now: its value, its error, or nothing yet. */
async function fate(promise: Promise<unknown>): Promise<unknown> {
  let found: unknown = "waiting";
  promise.then(
    (value) => {
      found = value;
    },
    (error) => {
      found = error;
    },
  );
  await vi.advanceTimersByTimeAsync(0);
  return found;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  times += 1;
  page.convend_chunks?.clear();
  delete page.runs;
  for (const style of document.querySelectorAll("[data-cvd-style]")) style.remove();
  vi.stubGlobal("crypto", { getRandomValues: <T>(bytes: T) => bytes, subtle: undefined });
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: Uint8Array[]) {}
    },
  );
  // Node cannot import a blob: URL; a data: URL of the same bytes stands in
  URL.createObjectURL = (blob) =>
    `data:text/javascript,${encodeURIComponent(new TextDecoder().decode((blob as unknown as { parts: Uint8Array[] }).parts[0]))}`;
  URL.revokeObjectURL = () => {};
  return () => void vi.useRealTimers();
});

describe("a part that comes when it is needed", () => {
  test("is asked for by its name and digest, and nothing is asked for before", async () => {
    const view = stand();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(asked(view)).toBe(0);
    const promise = view.arrivals.get(NAME);
    await vi.advanceTimersByTimeAsync(0);
    expect(view.transport.commands).toMatchObject([{ t: "command", do: "chunk", name: NAME, sha256: NAME }]);
    bring(view);
    expect(await promise).toMatchObject({ n: 7 });
  });

  test("is asked for and run once a page, by however many calls, views and widgets", async () => {
    const [one, other] = [stand(), stand()];
    const promises = [one.arrivals.get(NAME), one.arrivals.get(NAME), other.arrivals.get(NAME)];
    await vi.advanceTimersByTimeAsync(500);
    bring(one);
    bring(one);
    const modules = await Promise.all(promises);
    modules.push(await other.arrivals.get(NAME));
    await vi.advanceTimersByTimeAsync(100_000);
    expect(new Set(modules).size).toBe(1);
    expect([asked(one), asked(other), page.runs]).toEqual([1, 0, 1]);
  });

  test("brings its style to the document or shadow root that the view is in, once", async () => {
    const host = document.createElement("div");
    document.body.append(host);
    const shadow = host.attachShadow({ mode: "open" });
    const [inside, outside] = [stand(shadow), stand()];
    const promises = [inside.arrivals.get(NAME), outside.arrivals.get(NAME), outside.arrivals.get(NAME)];
    bring(inside);
    await Promise.all(promises);
    const styles = (place: ParentNode) => [...place.querySelectorAll("style")].map((style) => style.textContent);
    expect([styles(shadow), styles(document)]).toEqual([[".cvd-of-a-chunk{}"], [".cvd-of-a-chunk{}"]]);
  });

  test("[fault 37] is asked for again where the question or the answer was lost", async () => {
    const view = stand();
    const promise = view.arrivals.get(NAME, Number.POSITIVE_INFINITY);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked(view)).toBe(5);
    bring(view);
    expect(await promise).toMatchObject({ n: 7 });
  });

  test("that does not come is told after a while; another call asks again, and what comes late is kept", async () => {
    const view = stand();
    const promise = view.arrivals.get(NAME, 10_000);
    await vi.advanceTimersByTimeAsync(9_000);
    expect(await fate(promise)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(1_000);
    expect(String(await fate(promise))).toContain("has not sent this part");
    const before = asked(view);
    const again = view.arrivals.get(NAME, 10_000);
    expect(await fate(again)).toBe("waiting");
    await vi.advanceTimersByTimeAsync(0);
    expect(asked(view)).toBe(before + 1);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(String(await fate(again))).toContain("has not sent this part");
    bring(view);
    expect(await fate(view.arrivals.get(NAME, 10_000))).toMatchObject({ n: 7 });
  });

  test("that is not what was asked for does not run, and the next call begins anew", async () => {
    const subtle = { digest: async () => new Uint8Array([1, 2, 3]).buffer };
    vi.stubGlobal("crypto", { getRandomValues: <T>(bytes: T) => bytes, subtle });
    const view = stand();
    const promise = view.arrivals.get(NAME);
    bring(view);
    expect(String(await promise.catch(String))).toContain("not what was asked for");
    expect(page.runs).toBeUndefined();
    vi.stubGlobal("crypto", { getRandomValues: <T>(bytes: T) => bytes, subtle: undefined });
    await vi.advanceTimersByTimeAsync(3_000);
    const again = view.arrivals.get(NAME);
    bring(view);
    expect(await again).toMatchObject({ n: 7 });
  });

  test("waits for a kernel that cannot be reached, without a word", async () => {
    const view = stand();
    view.transport.send = () => {
      throw new Error("no comm");
    };
    expect(await fate(view.arrivals.get(NAME, Number.POSITIVE_INFINITY))).toBe("waiting");
  });

  test("is not taken under a digest that nobody has asked for", async () => {
    const view = stand();
    void view.arrivals.get(NAME);
    for (const sha256 of ["x", "panel", 7, null]) bring(view, sha256 as string);
    await vi.advanceTimersByTimeAsync(0);
    expect([page.runs, page.convend_chunks?.size]).toEqual([undefined, 1]);
  });

  test("[fault 36] leaves no timer and no listener behind when the view is closed", async () => {
    const view = stand();
    void view.arrivals.get(NAME);
    view.life.abort();
    expect([vi.getTimerCount(), view.transport.listeners]).toEqual([0, 0]);
  });

  test("can be put there by a test", async () => {
    offer(NAME, { css: "", stand_in: true } as never);
    expect(await stand().arrivals.get(NAME)).toMatchObject({ stand_in: true });
  });
});
