import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { USUAL, valuesOf } from "../../src/lab/preferences";

const schema = JSON.parse(readFileSync("js/src/lab/schema/plugin.json", "utf8"));

test("what is set counts, and what makes no sense counts as not set", () => {
  expect(valuesOf({ sendWith: "ctrl-enter", theme: "pink", size: 7, model: null, other: 1 })).toEqual({
    ...USUAL,
    sendWith: "ctrl-enter",
  });
});

test("the settings that Lab shows are these, with these defaults, and none is a key", () => {
  const defaults = Object.entries<{ default: unknown }>(schema.properties).map(([name, about]) => [
    name,
    about.default,
  ]);
  expect(Object.fromEntries(defaults)).toEqual(USUAL);
  expect(Object.keys(schema.properties).filter((name) => /key|token|secret/i.test(name))).toEqual([]);
  expect(schema.additionalProperties).toBe(false);
});
