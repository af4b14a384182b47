import { beforeEach, describe, expect, test } from "vitest";
import seen from "../../tests/fixtures/seen/blocked.json";
import * as chunk from "../src/chunks/seen";
import { parseSeen, type SeenView, takeApart } from "../src/core/seen/model";
import { seenStrings } from "../src/core/seen/strings";
import { noView, reduce } from "../src/core/state";
import { spentWords } from "../src/core/words";
import { chatOf } from "../src/dev/states";
import { reply, user } from "./rows";
import { type Hands, offer, Stage, settle } from "./stage";

const views = seen.calls as unknown as SeenView[];
const viewOf = (call: number, change: Partial<SeenView> = {}): SeenView => ({
  ...(views[call - 1] as SeenView),
  ...change,
});

describe("the reducer", () => {
  test("opens and closes what the model saw; another conversation closes it", () => {
    const { view } = reduce(noView, { type: "seen", m: "a1" });
    expect(view.seen).toBe("a1");
    expect(reduce(view, { type: "seen", m: null }).view.seen).toBeNull();
    const talk = { ...view.talk, sync: "live" as const, n: 1, chat: { ...chatOf("talk").chat, conversation: "c-2" } };
    expect(reduce(view, { type: "talk", talk }).view.seen).toBeNull();
  });
});

describe("a request taken apart", () => {
  test("[fault 32] a text that is none of ours is none", () => {
    expect(parseSeen(JSON.stringify(viewOf(1)))).toEqual(viewOf(1));
    for (const text of ["", "{", "null", "[]", JSON.stringify({ ...viewOf(1), calls: [] }), '{"m":"a1"}'])
      expect(parseSeen(text), text).toBeNull();
    for (const field of Object.keys(viewOf(1)))
      expect(parseSeen(JSON.stringify({ ...viewOf(1), [field]: { wrong: 1 } })), field).toBeNull();
  });

  test("what was left out stands where it was, with the reason", () => {
    const { turns } = takeApart(viewOf(3));
    expect(turns.map(({ role }) => role)).toEqual([
      ...["user", "assistant", "user", "assistant", "user", "assistant", "user"],
    ]);
    expect(turns[1]?.blocks.map(({ kind }) => kind)).toEqual(["gap", "text", "gap", "text"]);
    expect(turns[4]?.blocks).toMatchObject([{ kind: "result", name: "warn_user", error: false }]);
    expect(turns[6]?.blocks).toMatchObject([{ kind: "result", name: "end_conversation", error: true }]);
  });

  test("a message of which nothing was sent has its gap all the same", () => {
    const gap = { turn: 1, at: 0, role: "assistant", why: { code: "alone", text: "" }, type: "thinking" } as const;
    const body = JSON.stringify({ messages: [{ role: "user", content: "Hi" }] });
    const { turns } = takeApart(viewOf(1, { body, omitted: [{ ...gap, name: null, text: "Hm." }] }));
    expect(turns.map(({ role, blocks }) => [role, blocks[0]?.kind])).toEqual([
      ["user", "text"],
      ["assistant", "gap"],
    ]);
  });

  test("breakpoints of the cache are where they were sent", () => {
    const { system, turns } = takeApart(viewOf(3));
    expect(system.map(({ cached }) => cached)).toEqual(["5m"]);
    const marked = turns.flatMap(({ blocks }, at) =>
      blocks.some((block) => block.kind !== "gap" && block.cached) ? [at] : [],
    );
    expect(marked).toEqual([4, 6]);
  });

  test("shows something of whatever stands in it", () => {
    const odd = { messages: [{ role: 7, content: [{ type: "image" }, 3, { type: "text", text: { a: 1 } }] }, "x"] };
    const { turns, tools, system } = takeApart(
      viewOf(1, { body: JSON.stringify({ ...odd, tools: [{}] }), omitted: [] }),
    );
    expect(turns).toHaveLength(1);
    expect(turns[0]?.blocks.map(({ kind }) => kind)).toEqual(["other", "text"]);
    expect([tools.length, system.length]).toEqual([1, 0]);
    expect(takeApart(viewOf(1, { body: "7", omitted: [] })).turns).toEqual([]);
  });
});

test("German has a word for every code that English has one for", () => {
  const [en, de] = [seenStrings("en-GB"), seenStrings("de-AT")];
  expect(de.title).not.toBe(en.title);
  for (const [name, words] of Object.entries(en))
    if (typeof words === "object") expect(Object.keys(de[name as keyof typeof de]), name).toEqual(Object.keys(words));
});

describe("the drawer", () => {
  let stage: Stage;
  let hands: Hands;

  /** Answers the newest question of the panel. */
  const answer = async (view?: SeenView) => {
    const command = stage.sent("inspect").at(-1);
    if (!command) throw new Error("nothing was asked");
    const text = JSON.stringify(view ?? viewOf(command.call));
    stage.transport.fire({ t: "seen", c: command.c, part: 1, parts: 2, text: text.slice(0, 100) });
    stage.transport.fire({ t: "seen", c: command.c, part: 2, parts: 2, text: text.slice(100) });
    stage.answer(command);
    await settle(0);
  };
  const open = async (view?: SeenView) => {
    hands.press("What the model saw", hands.message("a1"));
    await settle(0);
    await answer(view);
  };
  const turn = (section: string) => hands.find(`[data-section="${section}"]`).click();
  const page = () => hands.text(".cvd-seen-page");

  beforeEach(() => {
    offer("seen", chunk);
    stage = new Stage();
    hands = stage.view();
    stage.snapshot({ head: "a1" }, [user("u1", null, "Hello"), reply("a1", "u1", "Hi")]);
  });

  test("asks for the first call of the reply and shows it in short", async () => {
    await open();
    expect(stage.sent("inspect").map(({ message, call }) => [message, call])).toEqual([["a1", 1]]);
    expect(hands.text(".cvd-seen-title")).toBe("What the model saw");
    expect(page()).toContain("claude-sonnet-5-5");
    expect(page()).toContain("900 read from the cache");
    expect(page()).toContain("last_resort, enforced");
    expect(page()).toContain("at the list prices of 2026-10-24");
    expect(hands.el.querySelectorAll(".cvd-seen-table tbody tr")).toHaveLength(4);
  });

  test("goes from call to call, stays in its section, and marks what is new", async () => {
    await open();
    turn("messages");
    expect(hands.el.querySelectorAll(".cvd-seen-turn")).toHaveLength(3);
    hands.press("Next call");
    await answer();
    expect(hands.text(".cvd-seen-steps")).toBe("Call 2 of 3");
    const turns = [...hands.el.querySelectorAll(".cvd-seen-turn")];
    expect(turns.map((each) => each.querySelector(".cvd-seen-fresh") !== null)).toEqual([
      ...[false, false, false, true, true],
    ]);
    hands.press("Next call");
    await answer();
    hands.press("Next call"); // there is none: nothing is asked
    expect(stage.sent("inspect").map(({ call }) => call)).toEqual([1, 2, 3]);
    expect(hands.text(".cvd-seen-steps")).toBe("Call 3 of 3");
  });

  test("says which gate did not pass, what was missing, and what the model was told", async () => {
    await open();
    turn("verdicts");
    const failed = hands.find('[data-passed="false"]');
    expect(failed.textContent).toContain("did not pass");
    expect(failed.textContent).toContain("redirections");
    expect(hands.text('[data-verdict="blocked"]')).toContain("blocked: the conversation went on");
    const told = [...hands.el.querySelectorAll(".cvd-seen-told")].map((each) => each.textContent);
    expect(told[0]).toBe("Recorded as redirect.");
    expect(told[1]).toContain("The conversation was not ended");
  });

  test("shows system text, tools and the whole request, and copies it as it was sent", async () => {
    await open();
    turn("system");
    expect(page()).toContain("You help with pandas. Be brief.");
    expect(page()).toContain("Cache breakpoint");
    turn("tools");
    expect(page()).toContain("end_conversation");
    expect(page()).toContain('"someone_at_risk"');
    turn("raw");
    const copied: string[] = [];
    Object.assign(navigator, { clipboard: { writeText: async (text: string) => void copied.push(text) } });
    hands.press("Copy the request");
    await settle(0);
    expect(copied).toEqual([viewOf(1).body]);
  });

  test("[fault 34] text that looks like markup is text", async () => {
    const nasty = '<img src=x onerror="alert(1)"><script>alert(1)</script>';
    const body = JSON.stringify({
      system: nasty,
      tools: [{ name: nasty, description: nasty, input_schema: { nasty } }],
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: nasty },
            { type: nasty, nasty },
          ],
        },
      ],
    });
    const calls = viewOf(1).calls.map((each) => ({ ...each, model: nasty, stop: nasty, request_id: nasty }));
    await open(viewOf(1, { body, calls, omitted: [] }));
    for (const section of ["overview", "system", "tools", "messages", "verdicts", "raw"]) {
      turn(section);
      expect(hands.find(".cvd-seen").querySelectorAll("img, script"), section).toHaveLength(0);
      if (section !== "verdicts") expect(page(), section).toContain("onerror");
    }
  });

  test("a long text is folded, and a long history shows its newest messages first", async () => {
    const messages = Array.from({ length: 301 }, (_, at) => ({
      role: at % 2 ? "assistant" : "user",
      content: [{ type: "text", text: `number ${at} ${"x".repeat(at === 300 ? 5_000 : 0)}` }],
    }));
    await open(viewOf(1, { body: JSON.stringify({ messages }), omitted: [] }));
    turn("messages");
    expect(hands.el.querySelectorAll(".cvd-seen-turn")).toHaveLength(60);
    expect(page()).toContain("number 241");
    expect(page().length).toBeLessThan(5_000);
    hands.press("Show all 5,011 characters");
    expect(page().length).toBeGreaterThan(6_000);
    hands.press("Show 200 earlier messages");
    hands.press("Show 41 earlier messages");
    expect(hands.el.querySelectorAll(".cvd-seen-turn")).toHaveLength(301);
    expect(page()).toContain("number 0 ");
  });

  test("Esc closes it, stops nothing, and gives the focus back", async () => {
    const opener = hands.button("What the model saw", hands.message("a1"));
    opener.focus();
    await open();
    expect(document.activeElement).toBe(hands.find(".cvd-seen-title"));
    expect(hands.find(".cvd-transcript").closest("[inert]")).not.toBeNull();
    hands.key("Escape", {}, hands.find(".cvd-seen-page"));
    expect(hands.find(".cvd-over").hidden).toBe(true);
    expect(document.activeElement).toBe(opener);
    expect(hands.el.querySelector("[inert]")).toBeNull();
    expect(stage.sent("stop")).toEqual([]);
  });

  test("the arrow keys go between its sections", async () => {
    await open();
    const tabs = [...hands.el.querySelectorAll<HTMLElement>('[role="tab"]')];
    expect(tabs.map(({ tabIndex }) => tabIndex)).toEqual([0, -1, -1, -1, -1, -1]);
    tabs[0]?.focus();
    hands.key("ArrowRight", {}, tabs[0]);
    expect(document.activeElement).toBe(tabs[1]);
    expect(hands.find('[role="tabpanel"]').getAttribute("aria-labelledby")).toBe(tabs[1]?.id);
    hands.key("End", {}, tabs[1]);
    expect(tabs[5]?.getAttribute("aria-selected")).toBe("true");
    hands.key("ArrowRight", {}, tabs[5]);
    expect(document.activeElement).toBe(tabs[0]);
  });

  test("the head of the panel opens it for the newest reply", async () => {
    stage.say({ t: "rows", rows: [user("u2", "a1", "More"), reply("a2", "u2", "Yes")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a2" } });
    hands.press("What the model saw", hands.find(".cvd-head"));
    await settle(0);
    expect(stage.sent("inspect").at(-1)?.message).toBe("a2");
  });

  test("what cannot be had is said, and can be tried again", async () => {
    hands.press("What the model saw", hands.message("a1"));
    await settle(0);
    const [command] = stage.sent("inspect");
    const error = { code: "settings_error", what: "It was imported.", advice: "Take another.", who: "you" };
    const whole = { ...error, retryable: false, request_id: null, retry_after: null };
    if (command) stage.answer(command, { ok: false, error: whole });
    await settle(0);
    expect(hands.text(".cvd-seen-status")).toBe("It was imported. Take another.");
    hands.press("Try again", hands.find(".cvd-seen"));
    await answer();
    expect(page()).toContain("claude-sonnet-5-5");
  });

  test("an answer that comes late, for a call that was left meanwhile, is passed over", async () => {
    await open();
    hands.press("Next call");
    const [, second] = stage.sent("inspect");
    hands.press("Next call");
    await settle(0);
    if (second) {
      stage.transport.fire({ t: "seen", c: second.c, part: 1, parts: 1, text: JSON.stringify(viewOf(2)) });
      stage.answer(second);
    }
    await settle(0);
    expect(hands.text(".cvd-seen-steps")).toBe("Call 1 of 3");
    await answer();
    expect(hands.text(".cvd-seen-steps")).toBe("Call 2 of 3");
  });
});

describe("what a chat has cost so far", () => {
  const money = { number: String, dollars: (value: number) => `$${value}`, time: String };
  const { chat } = chatOf("talk");
  const words = (cost: Partial<typeof chat.spent.cost>, input = 10) =>
    spentWords({ ...seenWords }, money, {
      ...chat,
      spent: { input, output: input ? 5 : 0, cost: { ...chat.spent.cost, ...cost } },
    });
  const seenWords = {
    spent: (input: string, output: string) => `${input} in, ${output} out`,
    free: "no cost",
    atLeast: (amount: string) => `at least ${amount}`,
  } as Parameters<typeof spentWords>[0];

  test.each([
    [{ dollars: 0.5 }, "10 in, 5 out · $0.5"],
    [{ dollars: 0.5, at_least: true }, "10 in, 5 out · at least $0.5"],
    [{ dollars: 0, free: true }, "10 in, 5 out · no cost"],
    [{ dollars: null, unpriced: ["m"] }, "10 in, 5 out · –"],
  ])("%j is told as %s", (cost, told) => {
    expect(words(cost)).toBe(told);
  });

  test("is not told before the first call", () => {
    expect(words({}, 0)).toBe("");
  });
});
