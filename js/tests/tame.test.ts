import { expect, test } from "vitest";
import { NAME, tame } from "../src/core/tame";

const [embed, override, end, isolate, endIsolate] = ["\u202b", "\u202e", "\u202c", "\u2067", "\u2069"];

test.each([
  ["plain words", "plain words"],
  [`a${override}b`, `a${override}b${end}`],
  [`a${isolate}b`, `a${isolate}b${endIsolate}`],
  [`a${isolate}b${endIsolate}c`, `a${isolate}b${endIsolate}c`],
  [`a${endIsolate}${endIsolate}${override}b`, `a${override}b${end}`],
  [`a${end}b`, "ab"],
  [`${isolate}${embed}a${endIsolate}b`, `${isolate}${embed}a${endIsolate}b`],
  [`${embed}${isolate}a${end}b`, `${embed}${isolate}ab${endIsolate}${end}`],
  [`${override}a\nb`, `${override}a${end}\nb`],
  [`a\u2029${override}b`, `a\n${override}b${end}`],
])("[fault 48] %j ends what it began and nothing else", (text, tamed) => expect(tame(text)).toBe(tamed));

test("[fault 48] a long name is cut, and never within a character", () => {
  expect(tame("x".repeat(NAME))).toBe("x".repeat(NAME));
  expect(tame("x".repeat(1_000_000))).toBe(`${"x".repeat(NAME)}…`);
  expect(tame("😀".repeat(100), 5)).toBe("😀😀…");
});
