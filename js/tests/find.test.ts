import { describe, expect, test } from "vitest";
import * as find from "../src/chunks/find";
import { search } from "../src/core/find/search";
import { noTalk, receive } from "../src/core/talk";
import type { Row } from "../src/core/wire";
import { baseChat, reply, user } from "./rows";
import { offer, Stage, settle } from "./stage";

const long = (turns: number): Row[] =>
  Array.from({ length: turns }, (_, at) => [
    user(`u${2 * at + 1}`, at ? `a${2 * at}` : null, `Question ${at}`),
    reply(`a${2 * at + 2}`, `u${2 * at + 1}`, at === 3 ? "The **needle** in_the hay" : "Hay"),
  ]).flat();

async function opened(rows: readonly Row[], head: string) {
  offer("find", find as never);
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot({ head }, rows);
  hands.press("Find in this conversation");
  await settle(50);
  const field = hands.find(".cvd-find-field") as HTMLInputElement;
  const look = async (words: string) => {
    field.value = words;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await settle(300);
  };
  return { stage, hands, field, look };
}

describe("the search", () => {
  const rows = [...long(10), reply("a99", "u1", "Hay on another branch")];
  const talk = receive(noTalk, { t: "snapshot", n: 1, chat: baseChat({ head: "a20" }), rows, below: null });
  const path = rows.slice(0, 20).map((row) => row.m);

  test("finds words whatever their case and their marks, newest first, then those of other branches", () => {
    expect(search(talk, path, " NEEDLE in ")).toEqual(["a8"]);
    const hay = search(talk, path, "hay");
    expect([hay[0], hay.at(-2), hay.at(-1)]).toEqual(["a20", "a2", "a99"]);
    expect(search(talk, path, "* ")).toEqual([]);
  });

  test("reads 10,000 messages", () => {
    const many = long(5_000);
    const all = receive(noTalk, { t: "snapshot", n: 1, chat: baseChat(), rows: many, below: null });
    expect(
      search(
        all,
        many.map((row) => row.m),
        "needle",
      ),
    ).toEqual(["a8"]);
  });
});

describe("the find bar", () => {
  test("goes to what is far out of the page; the focus stays in its field, and the place is said", async () => {
    const { hands, field, look } = await opened(long(200), "a400");
    expect(document.activeElement).toBe(field);
    expect(hands.has('[data-m="a8"]')).toBe(false);
    await look("needle");
    expect(hands.message("a8").hasAttribute("data-found")).toBe(true);
    expect(hands.text(".cvd-find-status")).toBe("1 of 1: message 8");
    expect(document.activeElement).toBe(field);
    await look("nothing like that");
    expect(hands.text(".cvd-find-status")).toBe("Nothing found");
  });

  test("words typed while it is on its way are looked for as soon as it is here", async () => {
    let arrive = (_: unknown) => {};
    offer("find", new Promise((resolve) => (arrive = resolve)) as never);
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a10" }, long(5));
    hands.press("Find in this conversation");
    const field = document.activeElement as HTMLInputElement;
    expect(field.matches(".cvd-find-field")).toBe(true);
    field.value = "needle";
    arrive(find);
    await settle(50);
    expect(hands.text(".cvd-find-status")).toBe("1 of 1: message 8");
    expect(document.activeElement).toBe(field);
  });

  test("Enter goes to older matches and Shift+Enter back, round and round", async () => {
    const { hands, field, look } = await opened(long(5), "a10");
    await look("question");
    const at = () => hands.text(".cvd-find-status");
    expect(at()).toBe("1 of 5: message 9");
    hands.key("Enter", {}, field);
    expect(at()).toBe("2 of 5: message 7");
    hands.key("Enter", { shiftKey: true }, field);
    hands.key("Enter", { shiftKey: true }, field);
    expect(at()).toBe("5 of 5: message 1");
  });

  test("shows another branch where the words are there", async () => {
    const { hands, look } = await opened([...long(3), reply("a99", "u1", "Only over here")], "a6");
    await look("over here");
    expect(hands.messages).toEqual(["u1", "a99"]);
  });

  test("Esc closes it, gives the focus back to its button and stops no reply", async () => {
    const { stage, hands, field } = await opened(long(3), "a6");
    hands.key("Escape", {}, field);
    expect((hands.find(".cvd-find") as HTMLElement).hidden).toBe(true);
    expect(document.activeElement).toBe(hands.button("Find in this conversation"));
    expect(stage.sent("stop")).toEqual([]);
  });

  test("leads to the first message and back to the latest", async () => {
    const { hands } = await opened(long(200), "a400");
    hands.press("First message");
    expect(hands.messages[0]).toBe("u1");
    hands.press("Latest message");
    expect(hands.messages.at(-1)).toBe("a400");
  });
});
