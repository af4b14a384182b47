// @vitest-environment node
import { describe, expect, test } from "vitest";
import { begin, hasBegun, isOver, move, type Player, position, shareOf } from "../../src/core/play/player";
import { blocksAt, scoreOf, storedPart } from "../../src/core/play/score";
import { noTalk, receive } from "../../src/core/talk";
import type { Block, Row } from "../../src/core/wire";
import { baseChat, reply, running, user } from "../rows";

/** Two turns: what is said takes 100 and 200 milliseconds, and each message is waited for as long as it says. */
const SCORE = [
  { wait: 10, said: 0 },
  { wait: 50, said: 100 },
  { wait: 20, said: 0 },
  { wait: 50, said: 200 },
];
const ticked = (player: Player, ...ms: number[]): Player =>
  ms.reduce((so_far, each) => move(so_far, { type: "tick", ms: each }), player);
const at = (player: Player) => [player.at, player.into, player.playing];

describe("a player", () => {
  test("begins before the first message, and plays", () => {
    const player = begin(SCORE);
    expect([...at(player), position(player), isOver(player)]).toEqual([0, 0, true, 0, false]);
  });

  test("brings one message after the other, each after its time, however the ticks fall", () => {
    const whole = [9, 10, 159, 160, 179, 180, 429, 430].map((ms) => ticked(begin(SCORE), ms).at);
    expect(whole).toEqual([0, 1, 1, 2, 2, 3, 3, 4]);
    const inSteps = ticked(begin(SCORE), ...Array.from({ length: 43 }, () => 10));
    expect(at(inSteps)).toEqual(at(ticked(begin(SCORE), 430)));
  });

  test("waits for a reply before it says it", () => {
    const waited = ticked(begin(SCORE), 50);
    expect([hasBegun(waited), shareOf(waited), position(waited)]).toEqual([true, null, 2]);
    expect(shareOf(ticked(begin(SCORE), 110))).toBe(0.5);
  });

  test.each([1, 2, 4, 8] as const)("goes %d times as fast as it is told", (speed) => {
    const player = ticked(move(begin(SCORE), { type: "speed", speed }), 430 / speed);
    expect([isOver(player), player.playing]).toEqual([true, false]);
    const before = ticked(move(begin(SCORE), { type: "speed", speed }), 428 / speed);
    expect(isOver(before)).toBe(false);
  });

  test("stands still while it pauses, and goes on from there", () => {
    const paused = move(ticked(begin(SCORE), 110), { type: "toggle" });
    expect(at(ticked(paused, 1_000))).toEqual([1, 100, false]);
    expect(at(ticked(move(paused, { type: "toggle" }), 50))).toEqual([2, 0, true]);
  });

  test("steps forward to the end of a message that has begun, else over the next, and pauses", () => {
    const within = move(ticked(begin(SCORE), 110), { type: "step", by: 1 });
    expect(at(within)).toEqual([2, 0, false]);
    expect(at(move(within, { type: "step", by: 1 }))).toEqual([3, 0, false]);
  });

  test("steps back by taking the newest message away, whole or not, and pauses", () => {
    const within = move(ticked(begin(SCORE), 110), { type: "step", by: -1 });
    expect(at(within)).toEqual([1, 0, false]);
    expect(at(move(within, { type: "step", by: -1 }))).toEqual([0, 0, false]);
  });

  test("stays within the branch, wherever it is sent", () => {
    const player = begin(SCORE);
    const ends = [-7, 2.4, 99].map((to) => move(player, { type: "seek", at: to }).at);
    expect(ends).toEqual([0, 2, 4]);
    expect(move(move(player, { type: "seek", at: 4 }), { type: "step", by: 1 }).at).toBe(4);
    expect(move(player, { type: "step", by: -1 }).at).toBe(0);
  });

  test("plays again from the beginning when it is over, at the speed that it had", () => {
    const over = ticked(move(begin(SCORE), { type: "speed", speed: 8 }), 1_000);
    const again = move(over, { type: "toggle" });
    expect([...at(again), again.speed]).toEqual([0, 0, true, 8]);
    expect(move(ticked(begin(SCORE, 2), 110), { type: "restart" })).toEqual(begin(SCORE, 2));
  });

  test("of nothing neither plays nor moves", () => {
    const player = begin([]);
    expect([player.playing, isOver(player), shareOf(player)]).toEqual([false, true, null]);
    expect(at(ticked(player, 100))).toEqual([0, 0, false]);
  });
});

describe("the score", () => {
  const talk = (...rows: Row[]) => receive(noTalk, { t: "snapshot", n: 1, chat: baseChat(), rows, below: null });

  test("gives a long reply more time than a short one, and no pause of hours", () => {
    const rows = [user("u1", null, "Hi"), reply("a2", "u1", "Short."), user("u3", "a2", "?", { at: 9e9 })];
    const long = reply("a4", "u3", "word ".repeat(10_000));
    const score = scoreOf(talk(...rows, long, user("u5", "a4", "!")), ["u1", "a2", "u3", "a4", "u5"]);
    expect(score.map((beat) => beat.said > 0)).toEqual([false, true, false, true, false]);
    expect(score[3]?.said).toBeGreaterThan(1_000 * (score[1]?.said ?? 0));
    expect(Math.max(...score.map((beat) => beat.wait))).toBeLessThanOrEqual(3_000);
  });

  test("leaves out a reply that is still being written", () => {
    const rows = talk(user("u1", null, "Hi"), running("a2", "u1"));
    expect(storedPart(rows, ["u1", "a2"])).toEqual(["u1"]);
  });

  test("cuts at the end of a word, and brings a mark only after the text before it", () => {
    const mark: Block = { k: "warning", kind: "redirect", counted: true };
    const blocks: Block[] = [{ k: "thinking", text: "Hm." }, { k: "text", text: "One two three" }, mark];
    const said = [0, 0.2, 0.3, 0.6, 0.99, 1].map((share) =>
      blocksAt(blocks, share).map((block) => ("text" in block ? block.text : block.k)),
    );
    expect(said).toEqual([
      ["Hm.", "One"],
      ["Hm.", "One"],
      ["Hm.", "One"],
      ["Hm.", "One two"],
      ["Hm.", "One two three"],
      ["Hm.", "One two three", "warning"],
    ]);
  });
});
