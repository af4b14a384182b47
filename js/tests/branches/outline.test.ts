// @vitest-environment node
import { describe, expect, test } from "vitest";
import { gist } from "../../src/core/branches/gist";
import { type Line, type Options, outline, PAGE, signsOf } from "../../src/core/branches/outline";
import { noView, reduce, type View } from "../../src/core/state";
import { noTalk, receive } from "../../src/core/talk";
import type { ChatView, Mark, Row } from "../../src/core/wire";
import { branchedTalk } from "../../src/dev/branched";
import { baseChat, reply, running, user } from "../rows";

const shut: Options = { open: new Map(), pages: new Map(), onlyPath: false, showArchived: false };

function viewOf(rows: readonly Row[], chat: Partial<ChatView>): View {
  const talk = receive(noTalk, { t: "snapshot", n: 1, chat: baseChat(chat), rows: [...rows], below: null });
  return reduce(noView, { type: "talk", talk }).view;
}

const branched = (): View => {
  const { chat, rows } = branchedTalk();
  return viewOf(rows, chat);
};

/** Each line as its depth and its first message, with how many messages it holds. */
const drawn = (lines: readonly Line[]): string[] =>
  lines.map((line) =>
    line.kind === "run"
      ? `${"  ".repeat(line.level - 1)}${line.m} ×${line.messages.length}`
      : `${"  ".repeat(line.level - 1)}+${line.count}`,
  );

const chain = (length: number): Row[] =>
  Array.from({ length }, (_, at) =>
    at % 2 ? reply(`a${at + 1}`, `u${at}`, "Yes") : user(`u${at + 1}`, at ? `a${at}` : null, `Question ${at + 1}`),
  );

const archived: Mark = { label: "", starred: false, archived: true };

describe("the outline", () => {
  test("is one line for a talk without a fork, however long it is", () => {
    const rows = chain(10_000);
    const { lines } = outline(viewOf(rows, { head: "a10000" }), shut);
    expect(drawn(lines)).toEqual(["u1 ×10000"]);
    expect(lines[0]).toMatchObject({ below: 10_000, forks: 0, here: true, head: true, places: 1 });
  });

  test("shows depth only where branches fork, and leaves archived ones out with a count", () => {
    const { lines, archived: away } = outline(branched(), shut);
    expect(drawn(lines)).toEqual([
      "u1 ×2",
      "  u3 ×3",
      "    a6 ×1",
      "    a7 ×3",
      "  u10 ×2",
      "    u12 ×4",
      "    u18 ×2",
    ]);
    expect(away).toBe(2);
  });

  test("tells of each line where it stands among its versions, what is below it, and where the person is", () => {
    const { lines } = outline(branched(), shut);
    expect(lines[1]).toMatchObject({ m: "u3", place: 1, places: 2, forks: 2, below: 7, onPath: true, here: false });
    expect(lines[3]).toMatchObject({ m: "a7", place: 2, places: 2, forks: 0, below: 3, here: true, head: true });
  });

  test("shows archived branches when asked to, each as a line of its own", () => {
    const { lines } = outline(branched(), { ...shut, showArchived: true });
    expect(drawn(lines)).toContain("  u16 ×2");
    expect(lines.find((line) => line.kind === "run" && line.m === "u16")).toMatchObject({ place: 3, places: 3 });
  });

  test("never leaves out where the person is, archived or not", () => {
    const rows = [user("u1", null, "Hi"), reply("a2", "u1", "One", { mark: archived }), reply("a3", "u1", "Two")];
    const there = reduce(viewOf(rows, { head: "a3" }), { type: "look", m: "a2" }).view;
    expect(drawn(outline(there, shut).lines)).toEqual(["u1 ×1", "  a2 ×1", "  a3 ×1"]);
    expect(drawn(outline(viewOf(rows, { head: "a3" }), shut).lines)).toEqual(["u1 ×2"]);
  });

  test("begins a line at an archived message within a run, so that it can be brought back", () => {
    const rows = chain(6).map((row) => (row.m === "a4" ? { ...row, mark: archived } : row));
    const view = viewOf([...rows, user("u9", "a2", "Else")], { head: "u9" });
    expect(drawn(outline(view, { ...shut, showArchived: true }).lines)).toEqual([
      "u1 ×2", "  u3 ×1", "    a4 ×3", "  u9 ×1",
    ]); // biome-ignore format: one tree
  });

  test("shows the way that one is on, and nothing beside it, when only this path is asked for", () => {
    const { lines } = outline(branched(), { ...shut, onlyPath: true });
    expect(drawn(lines)).toEqual(["u1 ×2", "  u3 ×3", "    a7 ×3"]);
    expect(lines[2]).toMatchObject({ place: 2, places: 2 });
  });

  test("lists 100,000 siblings a page at a time, and the one that is shown in any case", () => {
    const rows = [user("u1", null, "Hi")];
    for (let at = 2; at < 100_002; at++) rows.push(reply(`a${at}`, "u1", `Reply ${at}`));
    const view = viewOf(rows, { head: "a90000" });
    const { lines } = outline(view, shut);
    expect(lines).toHaveLength(1 + PAGE + 3);
    expect(drawn(lines.slice(-3))).toEqual(["  +89948", "  a90000 ×1", "  +10001"]);
    expect(lines.at(-2)).toMatchObject({ place: 89_999, places: 100_000 });
    const more = outline(view, { ...shut, pages: new Map([["u1", 2 * PAGE]]) });
    expect(more.lines).toHaveLength(1 + 2 * PAGE + 3);
  });

  test("keeps branches off the path closed where there are many, and opens what is asked for", () => {
    const rows = [user("u1", null, "Hi")];
    for (let at = 0; at < 40; at++) {
      rows.push(reply(`a${10 + 3 * at}`, "u1", "Reply"));
      rows.push(user(`u${11 + 3 * at}`, `a${10 + 3 * at}`, "One"), user(`u${12 + 3 * at}`, `a${10 + 3 * at}`, "Two"));
    }
    const view = viewOf(rows, { head: "u11" });
    expect(outline(view, shut).lines).toHaveLength(1 + 40 + 2);
    expect(
      outline(view, {
        ...shut,
        open: new Map([
          ["a13", true],
          ["u1", true],
        ]),
      }).lines,
    ).toHaveLength(1 + 40 + 4);
    expect(outline(view, { ...shut, open: new Map([["u1", false]]) }).lines).toHaveLength(1);
  });

  test("does not depend on the order in which rows came", () => {
    const { chat, rows } = branchedTalk();
    const late = receive(noTalk, { t: "snapshot", n: 1, chat, rows: rows.slice(10), below: 11 });
    const partly = reduce(noView, { type: "talk", talk: late }).view;
    expect(drawn(outline(partly, shut).lines)[0]).toBe("a11 ×1"); // its parent is still to come
    const backwards = viewOf([...rows].reverse(), chat);
    expect(outline(backwards, shut)).toEqual(outline(branched(), shut));
  });

  test("comes to its end where parents are missing or go in a circle", () => {
    const view = viewOf([user("u1", "a2", "Hi"), reply("a2", "u1", "Ho"), user("u3", "gone", "Hm")], { head: "u3" });
    expect(outline(view, shut).lines).toEqual([]);
  });
});

describe("signs", () => {
  const rows = (list: readonly Row[]) => new Map(list.map((row) => [row.m, row]));
  const of = (...list: Row[]) => signsOf(rows(list), list.map((row) => row.m)); // biome-ignore format: short

  test.each<[string, Row, string[]]>([
    ["a reply like any other", reply("a1", "u", "Fine"), []],
    ["one that is being written", running("a1", "u"), ["running"]],
    ["one that was stopped", reply("a1", "u", "Half", { state: "stopped", note: "panel" }), ["stopped"]],
    ["one that was cut", reply("a1", "u", "Half", { state: "interrupted" }), ["interrupted"]],
    ["one that was refused", reply("a1", "u", "", { state: "refused" }), ["refused"]],
    ["one that failed", reply("a1", "u", "", { state: "failed" }), ["failed"]],
    ["one that was too long", reply("a1", "u", "Long", { note: "length" }), ["length"]],
    ["a question whether to end", reply("a1", "u", "Shall I?", { tip: "confirming" }), ["confirming"]],
  ])("tell of %s", (_, row, signs) => expect(of(row)).toEqual(signs));

  test("stand together for a run, the most telling first", () => {
    const { rows: all } = branchedTalk();
    expect(of(...all.filter((row) => ["u12", "a13", "u14", "a15"].includes(row.m)))).toEqual(["ended", "final"]);
  });

  test("tell of an attempt to end that was blocked", () => {
    const row = reply("a1", "u", "", {
      blocks: [{ k: "attempt", verdict: "blocked", trigger: "persistent_harm", missing: [] }],
    });
    expect(of(row)).toEqual(["blocked"]);
  });
});

describe("the gist of a message", () => {
  test.each([
    ["## A **bold** start\n\nand `more`", "A bold start and more"],
    ["- one\n- two", "one two"],
    ["see [the page](https://example.com/a) now", "see the page now"],
    ["5 * 3 * 2 = 30", "5 * 3 * 2 = 30"],
    ["", ""],
  ])("%j is %j", (text, words) => expect(gist(text)).toBe(words));

  test("is short, and cuts no character in two", () => {
    const short = gist("👩‍🔬".repeat(500));
    expect([...short].length).toBeLessThanOrEqual(70);
    expect(() => encodeURIComponent(short)).not.toThrow();
  });
});
