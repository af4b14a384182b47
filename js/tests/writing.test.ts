/** Writing in the composer: what comes back, what goes in, and what never leaves the panel. */
import { describe, expect, test, vi } from "vitest";
import { chatOf } from "../src/dev/states";
import { reply, running, user } from "./rows";
import { type Hands, Stage, settle } from "./stage";

const talk = [
  user("u1", null, "First"),
  reply("a2", "u1", "One"),
  user("u3", "a2", "Second\nline"),
  reply("a4", "u3", "Two"),
  user("u5", "a4", "Third"),
  reply("a6", "u5", "Three"),
];

function shown(rows = talk): { stage: Stage; hands: Hands } {
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot({ head: rows.at(-1)?.m ?? null }, rows);
  hands.field.focus();
  return { stage, hands };
}

describe("Up and Down", () => {
  test("bring back what was said, as in a shell, and lead forward again to nothing", () => {
    const { hands } = shown([...talk.slice(0, 2), user("u7", "a2", "Last"), reply("a8", "u7", "x")]);
    expect(hands.key("ArrowUp").defaultPrevented).toBe(true);
    expect([hands.field.value, hands.field.selectionStart]).toEqual(["Last", 4]);
    hands.key("ArrowUp");
    expect(hands.field.value).toBe("First");
    expect(hands.key("ArrowUp").defaultPrevented).toBe(false); // there is nothing earlier
    hands.key("ArrowDown");
    expect(hands.field.value).toBe("Last");
    hands.key("ArrowDown");
    expect(hands.field.value).toBe("");
    expect(hands.key("ArrowDown").defaultPrevented).toBe(false);
  });

  test("a message that is brought back is sent as a new one", () => {
    const { stage, hands } = shown();
    hands.key("ArrowUp");
    hands.key("Enter");
    expect(stage.sent("send")).toMatchObject([{ text: "Third", parent: "a6" }]);
    expect(stage.sent("edit")).toEqual([]);
  });

  test.each<[string, (hands: Hands) => unknown]>([
    ["typed", (hands) => hands.type("Mine")],
    ["typed, of the very words that were said last", (hands) => hands.type("Third")],
    ["brought back and then changed", (hands) => [hands.key("ArrowUp"), hands.type("Third!")]],
    ["brought back, with the caret moved", (hands) => [hands.key("ArrowUp"), hands.field.setSelectionRange(1, 1)]],
    ["brought back and selected", (hands) => [hands.key("ArrowUp"), hands.field.select()]],
    ["of several lines, brought back", (hands) => [hands.key("ArrowUp"), hands.key("ArrowUp")]],
  ])("never steal the caret of a text that was %s", (_, prepare) => {
    const { hands } = shown();
    prepare(hands);
    const before = hands.field.value;
    for (const key of ["ArrowUp", "ArrowDown"]) expect(hands.key(key).defaultPrevented).toBe(false);
    expect(hands.field.value).toBe(before);
  });

  test.each([
    ["Shift", { shiftKey: true }],
    ["Control", { ctrlKey: true }],
    ["Alt", { altKey: true }],
    ["an input method", { isComposing: true }],
  ])("with %s mean something else", (_, init) => {
    const { hands } = shown();
    expect(hands.key("ArrowUp", init).defaultPrevented).toBe(false);
    expect(hands.field.value).toBe("");
  });

  test("bring nothing into a locked field, and no answer of a button", () => {
    const ended = chatOf("ended").rows.at(-1)?.ending ?? null;
    const locked = shown([...talk.slice(0, 5), reply("a6", "u5", "", { tip: "ended", ending: ended })]);
    locked.hands.key("ArrowUp");
    expect(locked.hands.field.value).toBe("");
    const asked = shown([...talk, user("u7", "a6", "Yes.", { confirm: "yes" }), reply("a8", "u7", "So")]);
    asked.hands.key("ArrowUp");
    expect(asked.hands.field.value).toBe("Third");
  });
});

describe("[fault 49] an input method", () => {
  test.each([
    ["a dead key", { key: "Dead" }],
    ["a key that is being composed", { key: "Process", isComposing: true, keyCode: 229 }],
    ["an Escape that leaves the composition", { key: "Escape", isComposing: true }],
  ])("keeps %s: nothing is sent, stopped or recalled", (_, { key, ...init }) => {
    const { stage, hands } = shown([...talk, user("u7", "a6", "Go"), running("a8", "u7")]);
    hands.type("に");
    expect(hands.key(key, init).defaultPrevented).toBe(false);
    expect([stage.sent("send"), stage.sent("stop"), hands.field.value]).toEqual([[], [], "に"]);
  });
});

describe("a paste of 20,000 lines", () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `<b>${at}</b>`).join("\n");

  test("goes in as it is, and each key after it costs no reading of the whole text", () => {
    const { stage, hands } = shown();
    hands.type(lines);
    expect(hands.field.value).toBe(lines);
    let measured = 0;
    vi.spyOn(hands.field, "scrollHeight", "get").mockImplementation(() => ++measured);
    const changed = new MutationObserver(() => {});
    changed.observe(hands.el, { subtree: true, childList: true, characterData: true });
    for (let key = 0; key < 5; key++) hands.type(`${lines}${"x".repeat(key)}`);
    expect(measured, "the field's height is not measured").toBe(0);
    expect(changed.takeRecords(), "nothing in the page is built anew").toEqual([]);
    hands.key("Enter");
    expect(stage.sent("send")[0]?.text).toBe(`${lines}xxxx`);
    expect(hands.find(".cvd-ghost").textContent?.length).toBeLessThan(4_000);
  });
});

describe("a draft", () => {
  test("stays through an error, the lock, and the reload after them", async () => {
    const { stage, hands } = shown();
    hands.type("Sent");
    hands.key("Enter");
    hands.type("Next thought");
    const [command] = stage.sent("send");
    stage.answer(command as never, { ok: false, error: chatOf("failed").rows[1]?.error as never });
    expect(hands.field.value).toBe("Sent\n\nNext thought");
    const ended = chatOf("ended").rows.at(-1)?.ending ?? null;
    stage.say({ t: "rows", rows: [user("u7", "a6", "x"), reply("a8", "u7", "", { tip: "ended", ending: ended })] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a8", status: "ended" } });
    expect([hands.field.value, hands.field.readOnly]).toEqual(["Sent\n\nNext thought", true]);
    await settle(400);
    hands.close();
    expect(shown().hands.field.value).toBe("Sent\n\nNext thought");
  });

  test("can be written while a reply streams, and Escape stops the reply, not the draft", () => {
    const { stage, hands } = shown([...talk, user("u7", "a6", "Go"), running("a8", "u7")]);
    hands.type("Meanwhile");
    hands.key("Enter");
    expect(stage.sent("send")).toEqual([]);
    hands.key("Escape");
    expect([stage.sent("stop").length, hands.field.value]).toEqual([1, "Meanwhile"]);
  });
});

describe("no key reaches the notebook", () => {
  // what Jupyter takes for commands, and what a text field needs
  const keys = [
    "d",
    "d",
    "a",
    "b",
    "x",
    "y",
    "m",
    "z",
    "0",
    "Enter",
    "Escape",
    "ArrowUp",
    "ArrowDown",
    "Delete",
    "s",
    "j",
  ];
  const withShift = ["Enter", "M", "ArrowUp", " ", "L", "O"];
  const withControl = ["Enter", "s", "b", "Shift"];

  test.each(["before the lock", "while a reply streams", "after the lock"])("%s", (when) => {
    const ended = chatOf("ended").rows.at(-1)?.ending ?? null;
    const last =
      when === "after the lock" ? reply("a8", "u7", "", { tip: "ended", ending: ended }) : running("a8", "u7");
    const { hands } = shown(when === "before the lock" ? talk : [...talk, user("u7", "a6", "Go"), last]);
    const leaked: string[] = [];
    const hear = (event: Event) => leaked.push(`${event.type} ${(event as KeyboardEvent).key}`);
    for (const type of ["keydown", "keypress", "keyup"]) document.addEventListener(type, hear);
    const places = [hands.field, hands.send, hands.find(".cvd-scroller"), hands.message("u5").querySelector("button")];
    for (const place of places as HTMLElement[]) {
      place.focus();
      expect(place.getAttribute("data-lm-suppress-shortcuts")).toBe("true");
      const press = (key: string, init: KeyboardEventInit = {}) => {
        for (const type of ["keydown", "keypress", "keyup"])
          place.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true, ...init }));
      };
      for (const key of keys) press(key);
      for (const key of withShift) press(key, { shiftKey: true });
      for (const key of withControl) press(key, { ctrlKey: true });
    }
    for (const type of ["keydown", "keypress", "keyup"]) document.removeEventListener(type, hear);
    expect(leaked).toEqual([]);
  });
});
