// @vitest-environment node
import { describe, expect, test } from "vitest";
import { WINDOW, windowFrom } from "../../src/core/branches/hands";
import { type Deed, deedFor, TypeAhead } from "../../src/core/branches/keys";
import { keyOf, type Line, type Run } from "../../src/core/branches/outline";

const run = (m: string, parent: string | null, level: number, more: Partial<Run> = {}): Run => ({
  ...{ kind: "run", m, parent, level, place: 1, places: 1, messages: [m], forks: 0, open: false, below: 1 },
  ...{ onPath: false, here: false, head: false },
  ...more,
});

const lines: Line[] = [
  run("top", null, 1, { forks: 3, open: true }),
  run("first", "top", 2, { forks: 2, open: false }),
  run("second", "top", 2, { forks: 2, open: true }),
  run("deep", "second", 3),
  run("third", "top", 2, { forks: 2, open: false }),
  { kind: "more", parent: "top", level: 2, place: 4, places: 9, count: 6 },
];
const more = keyOf(lines[5] as Line);

/** By the tree pattern of the ARIA Authoring Practices. */
const table: [on: string, key: string, deed: Deed | null][] = [
  ["top", "ArrowDown", { do: "move", to: "first" }],
  ["top", "ArrowUp", null],
  [more, "ArrowDown", null],
  ["deep", "ArrowUp", { do: "move", to: "second" }],
  ["deep", "Home", { do: "move", to: "top" }],
  ["top", "End", { do: "move", to: more }],
  ["top", "PageDown", { do: "move", to: more }],
  ["third", "PageUp", { do: "move", to: "top" }],
  ["first", "ArrowRight", { do: "open", runs: ["first"], open: true }],
  ["second", "ArrowRight", { do: "move", to: "deep" }],
  ["deep", "ArrowRight", null],
  ["second", "ArrowLeft", { do: "open", runs: ["second"], open: false }],
  ["first", "ArrowLeft", { do: "move", to: "top" }],
  ["deep", "ArrowLeft", { do: "move", to: "second" }],
  ["top", "ArrowLeft", { do: "open", runs: ["top"], open: false }],
  [more, "ArrowLeft", { do: "move", to: "top" }],
  ["first", "*", { do: "open", runs: ["first", "third"], open: true }],
  ["deep", "Enter", { do: "go" }],
  ["deep", " ", { do: "show" }],
  ["deep", "F2", { do: "label" }],
  ["deep", "Delete", { do: "archive" }],
  ["deep", "Control+z", { do: "undo" }],
  [more, "Enter", { do: "more", parent: "top" }],
  [more, " ", { do: "more", parent: "top" }],
  [more, "Delete", null],
  ["deep", "h", { do: "find", text: "h" }],
  ["deep", "é", { do: "find", text: "é" }],
  ["deep", "Control+c", null],
  ["deep", "Tab", null],
  ["deep", "Escape", null],
  ["nowhere", "ArrowDown", null],
];

describe("a key in the tree", () => {
  test.each(table)("on %s, %s", (on, press, deed) => {
    const ctrl = press.startsWith("Control+");
    const at = lines.findIndex((line) => keyOf(line) === on);
    expect(deedFor({ key: ctrl ? press.slice("Control+".length) : press, ctrl }, lines, at)).toEqual(deed);
  });
});

describe("first letters", () => {
  const names = ["Apples", "Pears", "apricots", "Plums"];

  test("go to the next line that begins so, and around the end", () => {
    const typed = new TypeAhead();
    expect(typed.find("a", names, 0, 0)).toBe(2);
    expect(typed.find("a", names, 2, 100)).toBe(0); // the same letter again: the next one
  });

  test("make a word while they come quickly, and begin anew after a pause", () => {
    const typed = new TypeAhead();
    expect(typed.find("p", names, 0, 0)).toBe(1);
    expect(typed.find("l", names, 1, 200)).toBe(3);
    expect(typed.find("a", names, 3, 2_000)).toBe(0);
    expect(typed.find("x", names, 0, 4_000)).toBe(-1);
  });
});

describe("the window on a long outline", () => {
  test.each([
    [0, 5, 1_000, 0],
    [0, WINDOW + 20, 1_000, 31],
    [500, 499, 1_000, 489],
    [0, 999, 1_000, 1_000 - WINDOW],
    [0, -1, 10, 0],
    [900, 3, 10, 0],
  ])("that begins at %i holds line %i of %i from %i on", (from, at, length, expected) => {
    const begins = windowFrom(from, at, length);
    expect(begins).toBe(expected);
    if (at >= 0) expect(at >= begins && at < begins + WINDOW).toBe(true);
  });
});
