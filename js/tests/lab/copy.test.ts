/** Whatever stands in a document: it is shown whole, or refused in words. It never breaks the panel that shows it. */
import { describe, expect, test, vi } from "vitest";
import everything from "../../../tests/fixtures/documents/everything.json";
import { readDocument } from "../../src/lab/document";
import { Still } from "../../src/lab/still";
import { stringsFor } from "../../src/lab/strings";
import { cases } from "../attack/cases";
import { inPanel, outlines } from "../attack/inert";
import { Stage } from "../stage";

const words = stringsFor("en");
const attack = cases.filter(({ family, text }) => family === "html" && text.length < 500).map(({ text }) => text);
const VALUES: readonly unknown[] = [
  ...[1e300, -1e300, -1, 0.5, 0, "", null, undefined, true, [], {}, "\u0000\u202e\ud800", "x".repeat(5_000)],
  attack.join(" "),
];

type Path = readonly (string | number)[];

/** The ways to every value, of each kind one: rows and blocks that have the same fields count as one. */
function* ways(value: unknown, path: Path = [], seen = new Set<string>()): Generator<Path> {
  for (const [key, inner] of Object.entries(value ?? {}) as [string, unknown][]) {
    const way = [...path, Array.isArray(value) ? Number(key) : key];
    const kind = way.map((step) => (typeof step === "number" ? "*" : step)).join(".");
    if (typeof value === "object" && !seen.has(kind)) {
      if (!kind.endsWith("*")) seen.add(kind);
      yield way;
    }
    if (typeof inner === "object") yield* ways(inner, way, seen);
  }
}

function changed(path: Path, put: unknown): unknown {
  const document = structuredClone(everything) as unknown as Record<string | number, unknown>;
  let at = document;
  for (const step of path.slice(0, -1)) at = at[step] as typeof at;
  at[path.at(-1) as string] = put;
  return document;
}

const paths = [...ways(everything)].filter((path, at, all) => {
  const kind = path.filter((step) => typeof step === "string").join(".");
  return all.findIndex((other) => other.filter((step) => typeof step === "string").join(".") === kind) === at;
});

describe("each field in turn, with values that nobody meant [fault 42]", () => {
  test("there are as many fields as the format has", () => {
    expect(paths.length).toBeGreaterThan(45);
  });

  test.each(paths.map((path) => [path.join("."), path] as const))("%s", (_, path) => {
    const complaints = vi.spyOn(console, "error");
    const stage = new Stage();
    const view = stage.view();
    for (const put of VALUES) {
      const read = readDocument(changed(path, put), words);
      if ("problem" in read) {
        expect(read.problem).not.toBe("");
        continue;
      }
      const { chat, rows } = read.copy;
      if (rows.length === 0) continue; // Paper has a word for that
      const conversation = `${chat.conversation} ${stage.n}`;
      const head = rows[Number(path[1])]?.m ?? chat.head; // the branch that has the changed message
      stage.say({ t: "snapshot", chat: { ...chat, conversation, head }, rows, below: null });
      expect(view.root.querySelectorAll("article").length).toBeGreaterThan(0);
      expect(view.root.querySelector(".cvd-head")?.textContent).not.toBe("");
      if (put === VALUES.at(-1)) expect(inPanel(view.root, outlines(view.root))).toEqual([]);
    }
    expect(complaints).not.toHaveBeenCalled();
  });
});

test("a copy that breaks the panel after all is told to whoever shows it", async () => {
  const read = readDocument(everything, words);
  if ("problem" in read) throw new Error(read.problem);
  const fail = vi.fn();
  const still = new Still(read.copy, {}, fail);
  const broken = new Error("It cannot be drawn.");
  still.onMessage(() => {
    throw broken;
  }, new AbortController().signal);
  still.send({ t: "command", c: "1", conversation: "", do: "hello", have: null });
  await vi.waitFor(() => expect(fail).toHaveBeenCalledExactlyOnceWith(broken));
});
