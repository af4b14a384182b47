// @vitest-environment node
import { describe, expect, test } from "vitest";
import { compareWords, countChanges, type Piece } from "../../src/core/branches/words";

const told = (pieces: Piece[] | null) =>
  pieces
    ?.map(({ kind, text }) => ({ same: text, added: `+${text.trim()}`, removed: `-${text.trim()}` })[kind])
    .join("|");

describe("two texts word by word", () => {
  test("say what came and what went", () => {
    const pieces = compareWords("A day is a good start.", "Two days are a good start.");
    expect(told(pieces)).toBe("-A day is|+Two days are| a good start.");
    expect(countChanges(pieces ?? [])).toEqual({ added: 3, removed: 3 });
  });

  test("add up to both of them, but for white space", () => {
    const [before, after] = ["One two\n\nthree four.", "One three five\nfour, six."];
    const pieces = compareWords(before, after) ?? [];
    const side = (left_out: Piece["kind"]) => pieces.flatMap(({ kind, text }) => (kind === left_out ? [] : [text]));
    const words = (text: string) => text.replace(/\s+/g, "");
    expect(words(side("added").join(""))).toBe(words(before));
    expect(words(side("removed").join(""))).toBe(words(after));
  });

  test("know words where none are parted by spaces", () => {
    const pieces = compareWords("私は猫が好きです。", "私は犬が好きです。") ?? [];
    expect(pieces.filter(({ kind }) => kind !== "same").map(({ text }) => text)).toEqual(["猫", "犬"]);
  });

  test("are the same where only white space differs", () => {
    expect(countChanges(compareWords("One  two", "One\ntwo") ?? [])).toEqual({ added: 0, removed: 0 });
  });

  test("[fault 46] are not compared where they are too long or too different", () => {
    expect(compareWords("a ".repeat(40_000), "b")).toBeNull();
    const text = (seed: number) => Array.from({ length: 4_000 }, (_, at) => `w${seed}x${at}`).join(" ");
    expect(compareWords(text(1), text(2).slice(0, 25_000))).toBeNull();
  });
});
