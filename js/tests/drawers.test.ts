/** Hostile text in the drawers: labels and gists of branches, and all that a request and its verdicts hold. */
import { describe, expect, test } from "vitest";
import seen from "../../tests/fixtures/seen/blocked.json";
import * as branches from "../src/chunks/branches";
import * as seenChunk from "../src/chunks/seen";
import type { SeenView } from "../src/core/seen/model";
import { type Case, cases } from "./attack/cases";
import { reply, user } from "./rows";
import { type Hands, offer, Stage, settle } from "./stage";

const MOST = 2_000;
const families = [...new Set(cases.map(({ family }) => family))].filter((family) => family !== "heavy");
const textsOf = (family: string): string[] =>
  cases.filter((each: Case) => each.family === family && each.text.length <= MOST).map(({ text }) => text);
/** Harmless texts, some of them long, so that everything that a text may bring about is there. */
const harmless = Array.from(
  { length: 100 },
  (_, n) => ["Harmless.", "Long words. ".repeat(170), "Two lines,\nand a dot.", '{"a": [1, "b"]}'][n % 4] ?? "",
);

/** Tag, class and names of attributes of each element, each kind once. */
function kinds(root: HTMLElement): Set<string> {
  return new Set(
    [...root.querySelectorAll("*")].map((element) => {
      const names = element.getAttributeNames().filter((name) => name !== "class");
      return `${element.localName}.${element.getAttribute("class") ?? ""} ${names.sort().join(" ")}`;
    }),
  );
}

/** What no element of a drawer has, whatever its kind. */
function loose(root: HTMLElement): string[] {
  return [...root.querySelectorAll("*")].flatMap((element) =>
    [...element.attributes]
      .filter(({ name }) => /^(on.*|href|src.*|style|action|formaction|ping|data-commandlinker.*)$/.test(name))
      .filter(({ name, value }) => name !== "style" || !/^(--level|flex-grow): \d+;$/.test(value))
      .map(({ name, value }) => `<${element.localName} ${name}=${value.slice(0, 60)}>`),
  );
}

/** Every string of a value replaced, but for those under names that say what a part is. */
function filled(value: unknown, next: () => string): unknown {
  if (typeof value === "string") return next();
  if (Array.isArray(value)) return value.map((each) => filled(each, next));
  if (value === null || typeof value !== "object") return value;
  const kept = new Set(["m", "role", "type", "as_of", "body", "verdict"]);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, kept.has(k) ? v : filled(v, next)]));
}

function viewWith(texts: readonly string[]): SeenView {
  let at = 0;
  const next = () => texts[at++ % texts.length] as string;
  const body = {
    system: [{ type: "text", text: next() }],
    tools: texts.slice(0, 5).map((text) => ({ name: text, description: text, input_schema: { [text]: text } })),
    messages: texts.flatMap((text) => [
      {
        role: "user",
        content: [
          { type: "text", text },
          { type: "tool_result", tool_use_id: text, content: text },
        ],
      },
      {
        role: "assistant",
        content: [{ type: "tool_use", id: text, name: text, input: { [text]: text } }, { type: text }],
      },
    ]),
  };
  const view = filled(seen.calls[2], next) as SeenView;
  return { ...view, body: JSON.stringify(body) };
}

function stage(texts: readonly string[], marks = false): { stage: Stage; hands: Hands } {
  offer("branches", branches);
  offer("seen", seenChunk);
  const stage = new Stage();
  const hands = stage.view();
  const rows = texts.flatMap((text, n) => {
    const mark = marks ? { label: text, starred: true, archived: n % 5 === 4 } : undefined;
    return [
      { ...user(`u${n}`, null, text), mark: mark ?? null, edit_of: n ? "u0" : null, seq: 2 * n + 1 },
      { ...reply(`a${n}`, `u${n}`, text, { model: text, mark: mark ?? null }), seq: 2 * n + 2 },
    ];
  });
  stage.snapshot({ head: "a1" }, rows);
  return { stage, hands };
}

async function tree(texts: readonly string[]): Promise<HTMLElement> {
  const { hands } = stage(texts, true);
  hands.find(".cvd-branches").click();
  await expect.poll(() => hands.has(".cvd-drawer-body")).toBe(true);
  await settle(50);
  return hands.find(".cvd-drawer");
}

async function whatItSaw(texts: readonly string[]): Promise<HTMLElement> {
  const { stage: shown, hands } = stage(["One.", "Two."]);
  hands.press("What the model saw", hands.message("a1"));
  await expect.poll(() => shown.sent("inspect").length).toBe(1);
  const text = JSON.stringify({ ...viewWith(texts), m: "a1", call: 1 });
  const c = shown.sent("inspect")[0]?.c;
  shown.transport.fire({ t: "seen", c, part: 1, parts: 1, text });
  shown.transport.fire({ t: "answer", c, ok: true, error: null, m: null });
  await settle(50);
  const pages = document.createElement("div");
  for (const tab of hands.el.querySelectorAll<HTMLElement>("[data-section]")) {
    tab.click();
    pages.append(hands.find(".cvd-over").cloneNode(true));
  }
  return pages;
}

describe.each([
  ["the drawer of branches", tree, '[role="treeitem"]'],
  ["what the model saw", whatItSaw, ".cvd-seen-turn"],
] as const)("[fault 42] [fault 45] [fault 48] %s", (_, open, part) => {
  let usual: Set<string> | null = null;

  test.each(families)("is of its own elements alone, whatever it shows: %s", async (family) => {
    const texts = textsOf(family);
    const known = usual ?? kinds(await open(harmless));
    usual = known;
    const shown = await open(texts);
    expect(shown.querySelectorAll(part).length).toBeGreaterThan(3);
    expect([...kinds(shown)].filter((kind) => !known.has(kind))).toEqual([]);
    expect(loose(shown)).toEqual([]);
    expect(shown.textContent).toContain(family === "html" ? "<script>window.spoilt=1</script>" : "");
    expect((window as { spoilt?: number }).spoilt).toBeUndefined();
  });
});
