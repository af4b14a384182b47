import { describe, expect, test } from "vitest";
import { countOf, parseShelf, shownOf } from "../../src/lab/shelf_model";
import { stringsFor } from "../../src/lab/strings";
import { placed, present } from "../../src/lab/tokens";

const chat = { conversation: "c_1", title: "Hello", changed: 1, state: "open", archived: false, model: "m" } as const;
const told = { t: "shelf", version: 1, find: "", more: false, chats: [chat] };

describe("what the kernel tells of its store", () => {
  test("is taken as it is", () => {
    expect(parseShelf(told)).toBe(told);
    expect(parseShelf({ t: "refused", what: "No.", advice: "" })).toMatchObject({ what: "No." });
  });

  test.each([
    ["nothing", null],
    ["an unknown kind", { ...told, t: "constructor" }],
    ["an unknown state", { ...told, chats: [{ ...chat, state: "asleep" }] }],
    ["a title that is no text", { ...told, chats: [{ ...chat, title: { toString: 1 } }] }],
    ["a refusal without words", { t: "refused" }],
  ])("%s is passed over", (_, value) => {
    expect(parseShelf(value)).toBeNull();
  });

  test("is shown by what is put away and what is not, and only what is in sight is counted", () => {
    const away = { ...chat, conversation: "c_2", archived: true, state: "replying" } as const;
    expect([shownOf([chat, away], false), shownOf([chat, away], true)]).toEqual([[chat], [away]]);
    expect([countOf([chat, away], "open"), countOf([chat, away], "replying")]).toEqual([1, 0]);
  });
});

test("a service that a host does not have shifts no other", () => {
  const [first, third] = [{ name: "first" }, { name: "third" }];
  const wishes = [first, undefined, third];
  expect(present(wishes)).toEqual([first, third]);
  expect(placed(wishes, ["a", "b"])).toEqual(["a", null, "b"]);
  expect(placed(wishes, [null, "b"])).toEqual([null, null, "b"]);
});

test("both languages say everything, and their functions take the same", () => {
  const [en, de] = [stringsFor("en-GB"), stringsFor("de-AT")];
  const shape = (words: object): unknown =>
    Object.entries(words).map(([name, value]) => [name, typeof value === "function" ? value.length : typeof value]);
  expect(shape(de)).toEqual(shape(en));
  expect(Object.values(de).filter((word) => word === "")).toEqual([]);
});
