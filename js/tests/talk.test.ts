// @vitest-environment node
import { describe, expect, test } from "vitest";
import { blocksOf, noTalk, receive, type Talk, textOf, turnPage } from "../src/core/talk";
import type { NumberedMessage, PageMessage, Row } from "../src/core/wire";
import { baseChat, reply, running, user } from "./rows";

const snapshot = (n: number, rows: Row[], below: number | null = null): NumberedMessage => ({
  t: "snapshot",
  n,
  chat: baseChat({ head: rows.at(-1)?.m ?? null }),
  rows,
  below,
});
const delta = (n: number, text: string, index = 0): NumberedMessage => ({
  t: "delta",
  n,
  m: "a2",
  d: [[index, "text", text]],
});
const fold = (messages: readonly NumberedMessage[], from: Talk = noTalk): Talk => messages.reduce(receive, from);
const textAt = (talk: Talk, m: string): string => {
  const row = talk.rows.get(m);
  return row ? textOf(blocksOf(talk, row)) : "";
};
const begun = [snapshot(1, [user("u1", null, "Hi"), running("a2", "u1")])];

describe("numbers", () => {
  test("a hole makes the talk lost, and nothing counts until what is missing is said again, or all of it", () => {
    const lost = fold([...begun, delta(2, "a"), delta(4, "c")]);
    expect(lost.sync).toBe("lost");
    expect(fold([delta(5, "d")], lost)).toBe(lost);
    const told = fold([delta(3, "b"), delta(4, "c"), delta(5, "d")], lost);
    expect([told.sync, textAt(told, "a2")]).toEqual(["live", "abcd"]);
    const healed = fold([snapshot(6, [user("u1", null, "Hi"), reply("a2", "u1", "abcd")])], lost);
    expect([healed.sync, healed.n, textAt(healed, "a2")]).toEqual(["live", 6, "abcd"]);
  });

  test("what does not fit is not counted, so that it is asked for again", () => {
    const talk = fold([...begun, delta(2, "x", 3), { t: "chat", n: 3, chat: baseChat() }]);
    expect([talk.sync, talk.n]).toEqual(["lost", 1]);
  });

  test("a message that comes twice counts once", () => {
    const talk = fold([...begun, delta(2, "a"), delta(2, "a"), ...begun, delta(3, "b")]);
    expect(textAt(talk, "a2")).toBe("ab");
  });

  test("before the first snapshot nothing counts", () => {
    expect(fold([delta(7, "x")]).sync).toBe("cold");
    expect(fold([{ t: "chat", n: 3, chat: baseChat() }]).chat).toBeNull();
  });

  test("an unknown message moves the count and nothing else", () => {
    const talk = fold([...begun, { t: "unknown", n: 2 }, delta(3, "a")]);
    expect(textAt(talk, "a2")).toBe("a");
  });

  test("a snapshot replaces what is known, where it holds everything", () => {
    const old = fold([snapshot(1, [user("u9", null, "old")])]);
    expect([...fold([snapshot(2, [user("u1", null, "Hi")])], old).rows.keys()]).toEqual(["u1"]);
  });

  test("a delta for a message or block that is not there is a loss", () => {
    expect(fold([...begun, { t: "delta", n: 2, m: "zz", d: [[0, "text", "x"]] }]).sync).toBe("lost");
    expect(fold([...begun, delta(2, "x", 3)]).sync).toBe("lost");
    expect(fold([...begun, delta(2, "x"), { t: "delta", n: 3, m: "a2", d: [[0, "thinking", "x"]] }]).sync).toBe("lost");
  });
});

describe("a reply that grows", () => {
  test("grows beside the settled rows, which stay the same object", () => {
    const before = fold(begun);
    const after = fold([delta(2, "a"), delta(3, "b")], before);
    expect(after.rows).toBe(before.rows);
    expect(textAt(after, "a2")).toBe("ab");
  });

  test("is what the kernel says once it is settled", () => {
    const settled: NumberedMessage = { t: "rows", n: 3, rows: [reply("a2", "u1", "the whole")] };
    const talk = fold([...begun, delta(2, "part"), settled]);
    expect([textAt(talk, "a2"), talk.live.size]).toEqual(["the whole", 0]);
  });

  test("siblings stand in the order of their numbers, however they came", () => {
    const rows = [user("u1", null, "Hi"), reply("a4", "u1", "four"), reply("a2", "u1", "two")];
    expect(fold([snapshot(1, rows)]).children.get("u1")).toEqual(["a2", "a4"]);
  });
});

describe("a long talk comes newest first", () => {
  const { conversation } = baseChat();
  const page = (below: number, rows: Row[], next: number | null = null): PageMessage => ({
    t: "page",
    conversation,
    below,
    rows,
    next,
  });
  const end = snapshot(1, [user("u5", "a4", "Third"), reply("a6", "u5", "three")], 5);
  const [second, first] = [
    page(5, [user("u3", "a2", "Second"), reply("a4", "u3", "two")], 3),
    page(3, [user("u1", null, "First"), reply("a2", "u1", "one")]),
  ];

  test("its end counts at once, and pages complete it", () => {
    const shown = fold([end]);
    expect([shown.sync, shown.rows.size, shown.arriving?.below]).toEqual(["live", 2, 5]);
    const whole = turnPage(turnPage(shown, second), first);
    expect([whole.rows.size, whole.arriving, whole.n]).toEqual([6, null, 1]);
    expect(whole.children.get(null)).toEqual(["u1"]);
  });

  test("[fault 56] a hundred pages are joined to it a few times, and the last in any case", () => {
    const all = Array.from({ length: 202 }, (_, at) => user(`u${at + 1}`, at ? `u${at}` : null, "Hi"));
    let talk = fold([snapshot(1, all.slice(200), 201)]);
    const [sizes, marked] = [new Set<number>(), { ...(all[150] as Row), note: "newer" }];
    for (let below = 201; below > 1; below -= 2) {
      talk = turnPage(talk, page(below, all.slice(below - 3, below - 1), below > 3 ? below - 2 : null));
      sizes.add(talk.rows.size);
      if (below === 141) talk = fold([{ t: "rows", n: 2, rows: [marked] }], talk);
    }
    expect(sizes.size).toBeLessThan(10);
    expect([talk.rows.size, talk.arriving, talk.children.size]).toEqual([202, null, 202]);
    expect(talk.rows.get("u151")).toBe(marked);
  });

  test("a page that comes twice, late or of another conversation changes nothing", () => {
    const half = turnPage(fold([end]), second);
    for (const stray of [second, page(4, []), { ...first, conversation: "c2" }])
      expect(turnPage(half, stray)).toBe(half);
    const whole = turnPage(half, first);
    expect(turnPage(whole, first)).toBe(whole);
  });

  test("what the kernel says between the pages counts, and no page takes it back", () => {
    const changed = reply("a2", "u1", "one", { feedback: { thumb: "up", words: "" } });
    const talk = fold(
      [{ t: "rows", n: 2, rows: [changed, running("a8", "u5")] }, { ...delta(3, "ab"), m: "a8" } as never],
      fold([end]),
    );
    const whole = turnPage(turnPage(talk, second), first);
    expect(whole.rows.get("a2")).toBe(changed);
    expect([textAt(whole, "a8"), whole.sync, whole.n]).toEqual(["ab", "live", 3]);
  });

  test("pages go on while a number is missing", () => {
    const lost = fold([delta(7, "x")], fold([end]));
    const whole = turnPage(turnPage(lost, second), first);
    expect([whole.sync, whole.n, whole.rows.size]).toEqual(["lost", 1, 6]);
  });

  test("told anew, it keeps the old picture until each page has come again, with what had changed", () => {
    const old = turnPage(turnPage(fold([end]), second), first);
    const again = fold([snapshot(9, [user("u5", "a4", "Third"), reply("a6", "u5", "three")], 5)], old);
    expect(again.rows.size).toBe(6);
    const rated = reply("a2", "u1", "one", { feedback: { thumb: "down", words: "" } });
    const whole = turnPage(turnPage(again, second), { ...first, rows: [rated] });
    expect(whole.rows.get("a2")).toBe(rated);
  });
});

/** A kernel that answers a resync with a snapshot of all it has said so far. */
function throughA(line: (n: number) => "pass" | "drop" | "twice" | "late", words: readonly string[]): string {
  let talk = noTalk;
  let n = 0;
  let said = "";
  let late: NumberedMessage[] = [];
  const heard = (message: NumberedMessage) => {
    const before = talk.sync;
    talk = receive(talk, message);
    if (talk.sync === "lost" && before === "live") talk = receive(talk, whole());
  };
  const whole = () =>
    snapshot(++n, [user("u1", null, "Hi"), { ...running("a2", "u1"), blocks: [{ k: "text", text: said }] }]);
  const say = (message: NumberedMessage) => {
    const fate = line(message.n);
    if (fate === "late") late.push(message);
    else {
      if (fate !== "drop") heard(message);
      if (fate === "twice") heard(message);
      for (const old of late.splice(0)) heard(old);
    }
  };
  heard(whole());
  for (const word of words) {
    said += word;
    say(delta(++n, word));
  }
  late = [];
  said += ".";
  heard(delta(++n, ".")); // something comes after every loss: the panel asks again in silence, see link.test.ts
  return textAt(talk, "a2");
}

describe("[fault 37] over a bad line the final text is identical", () => {
  const words = Array.from({ length: 500 }, (_, index) => `w${index} `);
  const text = `${words.join("")}.`;
  test.each([
    ["every tenth update is dropped", (n: number) => (n % 10 ? "pass" : "drop") as "pass" | "drop"],
    ["every third update comes twice", (n: number) => (n % 3 ? "pass" : "twice") as "pass" | "twice"],
    ["every seventh update comes after the next one", (n: number) => (n % 7 ? "pass" : "late") as "pass" | "late"],
    ["all of it together", (n: number) => (["pass", "pass", "drop", "late", "twice"] as const)[(n * 7) % 5] ?? "pass"],
  ])("when %s", (_, line) => expect(throughA(line, words)).toBe(text));
});
