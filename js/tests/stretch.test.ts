// @vitest-environment node
import { describe, expect, test } from "vitest";
import { around, atEnd, carried, extended, MOST, type Stretch } from "../src/core/view/stretch";

const path = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `m${from + at}`);
const shown = ({ from, to }: Stretch, on: readonly string[]): string[] => on.slice(from, to);

describe("a stretch of a long branch", () => {
  test("holds a bounded number of messages, wherever the reader goes", () => {
    for (const length of [0, 1, 23, 24, 25, 10_000]) {
      let stretch = atEnd(length);
      expect(stretch.to).toBe(length);
      for (let step = 0; step < 4_000; step++) {
        stretch = extended(stretch, step % 5 ? "above" : "below", length);
        expect(stretch.to - stretch.from).toBeLessThanOrEqual(MOST);
        expect(stretch.from >= 0 && stretch.to <= length && stretch.from <= stretch.to).toBe(true);
      }
      expect(stretch.from).toBeLessThanOrEqual(Math.max(0, length - 3_000));
    }
  });

  test("reaches every message from every other, and has the one that was asked for", () => {
    for (const at of [0, 1, 5_000, 9_999]) {
      const { from, to } = around(at, 10_000);
      expect(from <= at && at < to).toBe(true);
    }
  });

  test("stays at what is read when earlier messages come, and at the end for whoever is there", () => {
    const [before, after] = [path(100, 200), path(0, 200)];
    const reading = around(20, 100);
    expect(shown(carried(reading, before, after, false), after)).toEqual(shown(reading, before));
    const end = carried(atEnd(100), before, after, true);
    expect(shown(end, after)).toEqual(shown(atEnd(100), before));
  });

  test("takes in what is new at the end for whoever is there, and leaves a reader elsewhere alone", () => {
    const [before, after] = [path(0, 200), path(0, 202)];
    expect(carried(atEnd(200), before, after, true).to).toBe(202);
    const reading = around(50, 200);
    expect(carried(reading, before, after, false)).toEqual(reading);
  });

  test("stays in its place where the branch turns off below it, and goes to the end where nothing is left of it", () => {
    const before = path(0, 200);
    const turned = [...before.slice(0, 60), ...path(900, 905)];
    const { from, to } = carried(around(60, 200), before, turned, false);
    expect([from, to]).toEqual([48, 65]);
    expect(carried(around(150, 200), before, turned, false)).toEqual(atEnd(65));
    expect(carried(atEnd(200), before, path(900, 1_000), false)).toEqual(atEnd(100));
  });
});
