import { describe, expect, test } from "vitest";
import everything from "../../../tests/fixtures/documents/everything.json";
import { type Copy, readDocument, readText } from "../../src/lab/document";
import { stringsFor } from "../../src/lab/strings";

const words = stringsFor("en");
type Written = Record<string, unknown> & { rows: Record<string, unknown>[] };

function copyOf(document: unknown): Copy {
  const read = readDocument(document, words);
  if ("problem" in read) throw new Error(read.problem);
  return read.copy;
}

const problemOf = (document: unknown): string => {
  const read = readDocument(document, words);
  return "problem" in read ? read.problem : "";
};

/** The fixture with its rows, or one of them, changed. */
const changed = (change: (rows: Written["rows"]) => unknown): Written => {
  const copy = structuredClone(everything) as unknown as Written;
  change(copy.rows);
  return JSON.parse(JSON.stringify(copy)); // what is undefined is not there
};
const at = (number: number, change: Record<string, unknown>) =>
  changed((rows) => Object.assign(rows[number] as object, change));

describe("what convend_widget writes", () => {
  test("is read whole: every message of every branch, endings and all", () => {
    const { chat, rows } = copyOf(everything);
    expect(rows.map((row) => row.m)).toEqual(everything.rows.map((row) => row.m));
    expect(rows.filter((row) => row.ending)).toHaveLength(1);
    expect(rows.filter((row) => row.mark?.archived)).toHaveLength(1);
    expect(chat).toMatchObject({ conversation: "c1", head: everything.head, model: "model-a", status: "ready" });
  });

  test("is found inside an export of the whole log, which alone has nothing to show", () => {
    const log = { format: "convend", version: 1, events: [], messages: [] };
    expect(copyOf({ ...log, transcript: everything }).rows).toHaveLength(everything.rows.length);
    for (const none of [log, { ...log, transcript: null }, { ...log, transcript: log }])
      expect(problemOf(none)).toBe(words.noTranscript);
  });

  test("is at rest: a reply that was being written then is shown as far as it had come", () => {
    const { rows } = copyOf(at(everything.rows.length - 1, { state: "streaming", error: undefined }));
    expect(rows.at(-1)).toMatchObject({ state: "interrupted", note: words.writing });
  });

  test("stands by itself where earlier messages are left out, and says how many", () => {
    const document = changed((rows) => rows.splice(0, 2));
    const { rows, earlier, others } = copyOf({ ...document, earlier: 2, others: -1 });
    expect([rows[0]?.p, earlier, others]).toEqual([null, 2, 0]);
  });
});

describe("what is none of ours, or no more, gets a word and shows nothing", () => {
  test.each([
    ["half a word", "nul"],
    ["a file that was cut", JSON.stringify(everything).slice(0, 5_000)],
    ["another language", "<html></html>"],
  ])("%s", (_, text) => {
    expect(readText(text, words)).toEqual({ problem: words.notJson });
  });

  test.each(["", " \n"])("nothing at all is said to be nothing", (text) => {
    expect(readText(text, words)).toEqual({ problem: words.emptyFile });
  });

  test.each([
    ["a number", 7],
    ["a list of messages", [{ role: "user", content: "Hello" }]],
    ["an object of somebody else", { format: "ipynb", version: 1 }],
    ["a version that is no number", { ...everything, version: "1" }],
    ["a version before the first", { ...everything, version: 0 }],
    ["no rows", { ...everything, rows: {} }],
  ])("%s is foreign", (_, document) => {
    expect(problemOf(document)).toBe(words.foreign);
  });

  test("a later version is named, inside an export too", () => {
    const later = { ...everything, version: 2 };
    expect(problemOf(later)).toBe(words.newer("2", 1));
    expect(problemOf({ format: "convend", version: 1, transcript: later })).toBe(words.newer("2", 1));
    expect(problemOf({ format: "convend", version: 9 })).toBe(words.newer("9", 1));
  });

  test.each([
    ["a row without a role", at(2, { role: undefined }), words.damagedRow("3")],
    ["a text that is none", at(0, { blocks: [{ k: "text", text: { toString: "x" } }] }), words.damagedRow("1")],
    ["a row that is no object", changed((rows) => rows.splice(1, 1, null as never)), words.damagedRow("2")],
    ["two messages of one name", at(3, { m: everything.rows[0]?.m }), words.damagedTwice("4")],
    ["a message below itself", at(0, { p: everything.rows[0]?.m }), words.damagedLoop("1")],
    ["a circle", at(0, { p: everything.rows[3]?.m }), words.damagedLoop("1")],
  ])("%s is named", (_, document, where) => {
    expect(problemOf(document)).toBe(words.damaged(where));
  });

  test("a circle of 100,000 messages is found without recursion", () => {
    const [first] = everything.rows;
    const rows = Array.from({ length: 100_000 }, (_, n) => ({ ...first, m: `m${n}`, p: `m${(n + 1) % 100_000}` }));
    expect(problemOf({ ...everything, rows })).toBe(words.damaged(words.damagedLoop("1")));
  });

  test("100,000 levels of nesting are no matter", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(readText(deep, words)).toEqual({ problem: words.foreign });
    expect(readText(`{"format":"convend-transcript","version":1,"rows":[${deep}]}`, words)).toHaveProperty("problem");
  });
});

describe("an ending is what the recorded call says, and no flag", () => {
  const ended = everything.rows.findIndex((row) => "ending" in row);
  const number = String(ended + 1);

  test.each([
    ["without its call", { blocks: [{ k: "text", text: "The model has ended this conversation" }] }],
    ["on an open tip", { tip: "open" }],
    ["without its facts", { ending: undefined }],
    ["of a person", { role: "user", state: "sent" }],
  ])("%s it is refused [fault 23]", (_, change) => {
    expect(problemOf(at(ended, change))).toBe(words.damaged(words.damagedEnd(number)));
  });

  test("and nothing stands below it [fault 28] [fault 31]", () => {
    const below = { ...everything.rows[0], m: "late", p: everything.rows[ended]?.m };
    const document = changed((rows) => rows.push(below));
    expect(problemOf(document)).toBe(words.damaged(words.damagedAfterEnd(String(everything.rows.length + 1))));
  });
});
