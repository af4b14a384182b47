import { describe, expect, test, vi } from "vitest";
import type { Row } from "../src/core/wire";
import { chatOf } from "../src/dev/states";
import { reply, running, user } from "./rows";
import { Stage, settle } from "./stage";

const talk = [user("u1", null, "Hi"), reply("a2", "u1", "Hello **you**")];

/** A stage with one view that shows a talk. */
function shown(rows: readonly Row[] = talk, head = rows.at(-1)?.m ?? null) {
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot({ head }, rows);
  return { stage, hands };
}

/** As the kernel answers a message: rows, deltas, the settled reply. */
function respond(stage: Stage, parent: string | null, ended: Partial<Row> = {}, tokens = 3): void {
  const [question, answer] = [user("u90", parent, "Asked"), running("a91", "u90")];
  stage.say({ t: "rows", rows: [question, answer] });
  stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u90", status: "responding", running: "a91" } });
  for (let token = 0; token < tokens; token++) stage.say({ t: "delta", m: "a91", d: [[0, "text", `w${token} `]] });
  const text = Array.from({ length: tokens }, (_, token) => `w${token} `).join("");
  stage.say({ t: "rows", rows: [reply("a91", "u90", text, ended)] });
  stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a91", status: ended.ending ? "ended" : "ready" } });
}

const end: Partial<Row> = { tip: "ended", ending: chatOf("ended").rows.at(-1)?.ending ?? null };

describe("the lock", () => {
  test("keeps focus and draft: read-only and described, never disabled", () => {
    const { stage, hands } = shown();
    hands.field.focus();
    hands.type("A draft");
    respond(stage, "a2", end);
    expect(document.activeElement).toBe(hands.field);
    expect(hands.field.value).toBe("A draft");
    expect([hands.field.readOnly, hands.field.disabled]).toEqual([true, false]);
    expect(hands.field.getAttribute("aria-disabled")).toBe("true");
    const description = hands.field.getAttribute("aria-describedby") ?? "";
    expect(document.getElementById(description)?.textContent).toContain("has ended");
    expect(hands.text(".cvd-ended")).toContain("The model has ended this conversation");
  });

  test("keeps the focus on the button too, and sends nothing", () => {
    const { stage, hands } = shown();
    hands.type("A draft");
    hands.send.focus();
    respond(stage, "a2", end);
    expect(document.activeElement).toBe(hands.send);
    hands.send.click();
    hands.key("Enter");
    expect(stage.sent("send")).toEqual([]);
  });

  test("is announced once, and only by the view that acted", async () => {
    const stage = new Stage();
    const [acting, watching] = [stage.view(), stage.view()];
    stage.snapshot({ head: "a2" }, talk);
    acting.type("Asked");
    acting.key("Enter");
    respond(stage, "a2", end);
    await settle(0);
    expect(acting.log.textContent?.match(/has ended this conversation/g)).toHaveLength(1);
    expect(acting.status).toBe(""); // nor is anybody still said to be responding
    expect(watching.log.textContent).toBe("");
    expect(watching.status).toBe("");
  });

  test("says why: the trigger, the model's words as plain text, the warnings, the policy", () => {
    const { stage, hands } = shown();
    const reason = "<img src=x onerror=alert(1)> \u202egnorw";
    const ending = {
      ...(end.ending as NonNullable<Row["ending"]>),
      reason,
      warnings: [{ m: "a2", kind: "final_warning" }],
    };
    respond(stage, "a2", { ...end, ending });
    const notice = hands.find(".cvd-ended");
    expect(notice.textContent).toContain("It found no way on");
    expect(notice.querySelector(".cvd-reason bdi")?.textContent).toBe(`${reason}\u202c`);
    expect(notice.querySelector("img")).toBeNull();
    expect(notice.textContent).toContain("last warning · message 2");
    expect(notice.textContent).toContain("Policy last_resort");
  });

  test("is described to the field while it is locked, and said nowhere before", () => {
    const { stage, hands } = shown();
    const described = () => hands.find(`#${hands.field.getAttribute("aria-describedby")}`);
    const words = [...hands.el.querySelectorAll("[id]")].filter((each) =>
      /takes no new message/.test(each.textContent),
    );
    expect(words.map((each) => each.hasAttribute("hidden"))).toEqual([true]);
    expect(described().textContent).not.toContain("takes no new message");
    respond(stage, "a2", end);
    expect(described().textContent).toContain("takes no new message");
  });

  test("offers a new chat, which takes the draft along and has the focus", () => {
    const { stage, hands } = shown();
    respond(stage, "a2", end);
    hands.type("To be said"); // a test can write where a person cannot
    hands.press("New chat", hands.find(".cvd-ended"));
    const [command] = stage.sent("new");
    stage.snapshot({ conversation: "c2" }, []);
    stage.answer(command as never);
    expect([hands.field.value, hands.field.readOnly]).toEqual(["To be said", false]);
    expect(document.activeElement).toBe(hands.field);
  });

  test("offers the edit of the last own message, caret at its end, and of those before it", () => {
    const { stage, hands } = shown();
    respond(stage, "a2", end);
    hands.press("Edit an earlier message");
    const field = hands.find(".cvd-editor textarea") as HTMLTextAreaElement;
    expect(document.activeElement).toBe(field);
    expect([field.value, field.selectionStart]).toEqual(["Asked", 5]);
    hands.press("Earlier message");
    expect(field.value).toBe("Hi");
    hands.type("Hello there", field);
    hands.key("Enter", {}, field);
    expect(stage.sent("edit")).toMatchObject([{ message: "u1", text: "Hello there" }]);
  });

  test("offers feedback on the ended message", () => {
    const { stage, hands } = shown();
    respond(stage, "a2", end);
    hands.press("Give feedback");
    const field = hands.find(".cvd-form textarea") as HTMLTextAreaElement;
    expect(document.activeElement).toBe(field);
    hands.type("It came too early", field);
    hands.press("Save feedback");
    expect(stage.sent("feedback")).toMatchObject([{ message: "a91", thumb: null, words: "It came too early" }]);
    expect(hands.has(".cvd-form")).toBe(false);
  });
});

describe("announcements", () => {
  test("a reply of 500 tokens changes the log exactly twice", async () => {
    const { stage, hands } = shown();
    let changes = 0;
    const observer = new MutationObserver((records) => {
      changes += records.length;
    });
    observer.observe(hands.log, { childList: true, subtree: true, characterData: true });
    respond(stage, "a2", {}, 500);
    await settle(0);
    observer.disconnect();
    expect(changes).toBe(2);
    expect(hands.status).toBe("Done");
  });

  test("the transcript itself is not live", () => {
    const { hands } = shown();
    const list = hands.find(".cvd-list");
    expect(list.closest("[aria-live], [role=log], [role=status], [role=alert]")).toBeNull();
    expect(list.querySelectorAll("li > article > h3")).toHaveLength(2);
  });
});

describe("sending", () => {
  test("[fault 35] Enter twice, key repeat and a double click send one message", () => {
    const { stage, hands } = shown();
    hands.type("Once");
    hands.key("Enter");
    hands.key("Enter");
    hands.key("Enter", { repeat: true });
    hands.send.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
    expect(stage.sent("send")).toHaveLength(1);
    expect(stage.sent("send")[0]).toMatchObject({ parent: "a2", text: "Once", conversation: "c-quiet-river" });
  });

  test("[fault 35] the second click of a double click on Send does not stop the reply", () => {
    const { stage, hands } = shown();
    hands.type("Once");
    hands.send.click();
    stage.say({ t: "rows", rows: [user("u3", "a2", "Once"), running("a4", "u3")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u3", running: "a4" } });
    hands.send.dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 2 }));
    expect(stage.sent("stop")).toEqual([]);
  });

  test.each([
    ["isComposing", { isComposing: true }],
    ["key code 229", { keyCode: 229 }],
  ])("[fault 49] an Enter of an input method sends nothing: %s", (_, init) => {
    const { stage, hands } = shown();
    hands.type("にほん");
    hands.key("Enter", init);
    expect(stage.sent("send")).toEqual([]);
  });

  test("[fault 49] nor does the Enter just after a composition", () => {
    const { stage, hands } = shown();
    const now = vi.spyOn(performance, "now").mockReturnValue(1_000);
    hands.type("にほん");
    hands.field.dispatchEvent(new CompositionEvent("compositionend"));
    hands.key("Enter");
    expect(stage.sent("send")).toEqual([]);
    now.mockReturnValue(1_200);
    hands.key("Enter");
    expect(stage.sent("send")).toHaveLength(1);
  });

  test.each([
    ["enter", {}, { shiftKey: true }],
    ["shift-enter", { shiftKey: true }, {}],
    ["ctrl-enter", { ctrlKey: true }, {}],
    ["ctrl-enter", { metaKey: true }, { shiftKey: true }],
  ] as const)("with %s the right key sends, and the panel says which", (send_with, right, wrong) => {
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ send_with }, []);
    hands.type("Hi");
    hands.key("Enter", wrong);
    expect(stage.sent("send")).toEqual([]);
    expect(hands.key("Enter", right).defaultPrevented).toBe(true);
    expect(stage.sent("send")).toMatchObject([{ parent: null }]);
    expect(hands.text(".cvd-keys")).toContain("sends");
  });

  test("[fault 33] a refused message comes back with the reason", () => {
    const { stage, hands } = shown();
    hands.type("Mine");
    hands.key("Enter");
    const [command] = stage.sent("send");
    const error = {
      ...chatOf("failed").rows[1]?.error,
      code: "TipMoved",
      what: "Somebody wrote first.",
      advice: "Look.",
    };
    stage.answer(command as never, { ok: false, error: error as never });
    expect(hands.field.value).toBe("Mine");
    expect(hands.text(".cvd-refusal")).toContain("Somebody wrote first. Look.");
    hands.press("Dismiss");
    expect(hands.text(".cvd-refusal")).toBe("");
  });

  test("[fault 39] without a kernel the text stays, and the panel says what to do", async () => {
    const { stage, hands } = shown();
    vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(stage.transport, "send").mockImplementation(() => {
      throw new Error("comm is disposed");
    });
    hands.type("Hi");
    hands.key("Enter");
    await settle(0);
    expect(hands.field.value).toBe("Hi");
    expect(hands.text(".cvd-refusal")).toContain("Run the cell that shows this chat again");
  });

  test("the field stays editable while a reply streams; Esc and the button stop it", () => {
    const { stage, hands } = shown([user("u1", null, "Hi"), running("a2", "u1")], "u1");
    hands.type("Next");
    expect(hands.field.readOnly).toBe(false);
    expect(hands.send.getAttribute("aria-label")).toBe("Stop");
    hands.key("Escape");
    stage.answer(stage.sent("stop")[0] as never);
    hands.send.click();
    expect(stage.sent("stop")).toHaveLength(2);
    expect(stage.sent("send")).toEqual([]);
  });

  test("what was sent is seen until the kernel shows it, so that it never seems to be gone", () => {
    const { stage, hands } = shown();
    hands.type("On its way");
    hands.key("Enter");
    expect(hands.text(".cvd-ghost")).toBe("On its way");
    stage.say({ t: "rows", rows: [user("u3", "a2", "On its way")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u3" } });
    expect(hands.text(".cvd-ghost")).toBe("");
    expect(hands.text('[data-m="u3"] .cvd-said')).toBe("On its way");
  });
});

describe("keys", () => {
  test("no key press and no paste leaves the panel, locked or not", () => {
    const { stage, hands } = shown();
    const leaked: string[] = [];
    const types = ["keydown", "keypress", "keyup", "paste", "copy", "cut", "input"];
    for (const type of types) hands.el.addEventListener(type, () => leaked.push(type));
    const pressAll = () => {
      for (const type of types) hands.field.dispatchEvent(new Event(type, { bubbles: true }));
      hands.key("d", {}, hands.send);
    };
    pressAll();
    respond(stage, "a2", end);
    pressAll();
    expect(leaked).toEqual([]);
  });

  test("whatever has the focus says itself that its keys are no commands, which Notebook 7 asks of nobody else", () => {
    const { stage, hands } = shown();
    const check = () => {
      const places = [
        hands.field,
        hands.send,
        hands.find(".cvd-scroller"),
        hands.message("a2").querySelector("button"),
      ];
      for (const place of places) {
        place?.focus();
        expect(document.activeElement).toBe(place);
        expect(place?.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
      }
    };
    check();
    respond(stage, "a2", end);
    check();
  });

  test("the tools of a message are one tab stop; arrow keys go between them", () => {
    const { hands } = shown();
    const bar = hands.find('[data-m="a2"] .cvd-toolbar');
    const stops = () => [...bar.querySelectorAll("button")].filter((each) => each.tabIndex === 0);
    expect(stops()).toHaveLength(1);
    stops()[0]?.focus();
    hands.key("ArrowRight", {}, stops()[0]);
    expect(document.activeElement).toBe(bar.querySelectorAll("button")[1]);
    expect(stops()).toEqual([document.activeElement]);
    hands.key("End", {}, stops()[0]);
    expect(document.activeElement).toBe([...bar.querySelectorAll("button")].at(-1));
  });

  test("Esc in the inline editor closes the editor, and nothing else", () => {
    const { stage, hands } = shown();
    hands.press("Edit", hands.message("u1"));
    hands.key("Escape", {}, hands.find(".cvd-editor textarea"));
    expect(hands.has(".cvd-editor")).toBe(false);
    expect(document.activeElement).toBe(hands.field);
    expect(stage.sent("stop")).toEqual([]);
  });
});

describe("messages", () => {
  test("edit and retry are on every message, the first too", () => {
    const { stage, hands } = shown();
    hands.press("Retry", hands.message("u1"));
    stage.answer(stage.sent("retry")[0] as never);
    hands.press("Retry", hands.message("a2"));
    expect(stage.sent("retry").map((command) => command.message)).toEqual(["u1", "a2"]);
    hands.press("Edit the message above", hands.message("a2"));
    expect((hands.find(".cvd-editor textarea") as HTMLTextAreaElement).value).toBe("Hi");
  });

  test("steps between versions show the other one and keep the focus on the step", () => {
    const { hands } = shown([...talk, reply("a3", "u1", "Hey"), user("u4", "a3", "Then?")], "a2");
    expect(hands.text('[data-m="a2"] .cvd-siblings')).toContain("1 / 2");
    hands.press("Next version");
    expect(hands.messages).toEqual(["u1", "a3", "u4"]);
    expect(document.activeElement).toBe(hands.button("Next version"));
    hands.press("Next version"); // the last one already
    hands.press("Previous version");
    expect(hands.messages).toEqual(["u1", "a2"]);
  });

  test("another branch says so, and leads back", () => {
    const { hands } = shown([...talk, reply("a3", "u1", "Hey")], "a2");
    hands.press("Next version");
    hands.press("Back to the current one");
    expect(hands.messages).toEqual(["u1", "a2"]);
    expect(hands.text(".cvd-branch")).toBe("");
  });

  test("copy gives the raw Markdown", async () => {
    const { hands } = shown();
    const writeText = vi.fn(async () => {});
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText } });
    hands.press("Copy", hands.message("a2"));
    await settle(0);
    expect(writeText).toHaveBeenCalledWith("Hello **you**");
  });

  test("a thumb is stored, shown as given, and can be taken back", () => {
    const { stage, hands } = shown();
    hands.press("Good reply", hands.message("a2"));
    expect(stage.sent("feedback")).toMatchObject([{ message: "a2", thumb: "up", words: "" }]);
    stage.say({ t: "rows", rows: [{ ...(talk[1] as Row), feedback: { thumb: "up", words: "Clear" } }] });
    const bar = hands.find('[data-m="a2"] .cvd-toolbar');
    expect(hands.button("Good reply", bar).getAttribute("aria-pressed")).toBe("true");
    hands.press("Close");
    expect(hands.text('[data-m="a2"] .cvd-given')).toContain("Clear");
    hands.press("Good reply", bar.isConnected ? bar : hands.message("a2"));
    expect(stage.sent("feedback")[1]).toMatchObject({ thumb: null, words: "Clear" });
  });

  test.each([
    ["refused", "declined to answer", ["Edit your message", "Retry"]],
    ["stopped", "Stopped by you", ["Retry"]],
    ["interrupted", "The connection broke", ["Retry"]],
    ["length_cut", "length limit", ["Retry"]],
    ["failed", "The model is busy", ["Retry"]],
  ])("a reply that was %s looks its own way and says what can be done", (name, words, ways) => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture(name);
    const outcome = hands.find('[data-m="a1"] .cvd-outcome');
    expect(outcome.textContent).toContain(words);
    expect(hands.has(".cvd-ended")).toBe(false);
    expect(hands.field.readOnly).toBe(false);
    for (const way of ways) hands.button(way, outcome);
  });

  test("an error card gives the request id and when to try again", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("failed");
    expect(hands.text(".cvd-card-error")).toContain("in about 20\u00a0s");
    expect(hands.text(".cvd-request")).toContain("req_011");
    expect(hands.text(".cvd-notices")).toContain("Not saved");
  });

  test("warnings and blocked attempts are marked, with what was missing", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("warned");
    expect(hands.text('[data-m="a1"] .cvd-mark')).toContain("change of course");
    expect(hands.text('[data-m="a2"] .cvd-mark-final')).toContain("Last warning");
    const other = new Stage();
    const second = other.view();
    other.fixture("blocked");
    expect(second.text(".cvd-mark-attempt")).toContain("That was not allowed");
    expect(second.text(".cvd-mark-attempt")).toContain("2 more redirections");
  });

  test("a confirmation has Yes and No, and a typed answer does as well", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("confirming");
    hands.press("Yes, end it");
    expect(stage.sent("confirm")).toMatchObject([{ parent: "a1", yes: true }]);
    stage.answer(stage.sent("confirm")[0] as never);
    hands.type("no");
    hands.key("Enter");
    expect(stage.sent("send")).toMatchObject([{ parent: "a1", text: "no" }]);
  });

  test("[fault 48] an own message is shown as it was written, a long one folded", () => {
    const text = `<b>x</b> *y* ${"line\n".repeat(20_000)}`;
    const { hands } = shown([user("u1", null, text)]);
    const words = hands.find(".cvd-said");
    expect(words.textContent?.startsWith("<b>x</b> *y*")).toBe(true);
    expect(words.textContent?.length).toBeLessThan(3_100);
    hands.press("Show all");
    expect(words.textContent).toBe(text);
  });
});

describe("status", () => {
  test("[fault 4] counts down while it waits, and says so only once", () => {
    vi.useFakeTimers();
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("waiting");
    expect(hands.text(".cvd-status")).toBe("The model is busy; trying again in 8 s");
    vi.advanceTimersByTime(5_000);
    expect(hands.text(".cvd-status")).toBe("The model is busy; trying again in 3 s");
    expect(hands.status).toBe("Busy; waiting to try again");
    expect(hands.send.getAttribute("aria-label")).toBe("Stop");
    vi.useRealTimers();
  });

  test("what was said last is not said again by the next update", async () => {
    vi.stubGlobal("navigator", { ...navigator, clipboard: { writeText: async () => {} } });
    const { stage, hands } = shown([...talk, user("u3", "a2", "Go on"), running("a4", "u3")], "u3");
    hands.press("Copy", hands.message("a2"));
    await settle(0);
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u3", running: "a4", status: "responding" } });
    expect(hands.status).toBe("Copied");
  });

  test("[fault 2] says for how long nothing has come", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("silent");
    expect(hands.text(".cvd-status")).toContain("No data for 24 s");
  });

  test("a reply of another kernel can be read along, and not stopped from here", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("elsewhere");
    expect(hands.text(".cvd-status")).toContain("Another kernel");
    expect(hands.send.getAttribute("aria-label")).toBe("Send");
    hands.key("Escape");
    expect(stage.sent("stop")).toEqual([]);
  });

  test("a rehearsal is never taken for Claude, and where chats are kept is said", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.fixture("empty");
    expect(hands.text(".cvd-badge")).toBe("Rehearsal – not Claude");
    expect(hands.text(".cvd-stored")).toContain("in memory, not saved");
  });

  test("before the kernel answers there is one quiet line, later an explanation", () => {
    vi.useFakeTimers();
    const hands = new Stage().view();
    expect(hands.text(".cvd-empty")).toContain("Opening");
    vi.advanceTimersByTime(5_000);
    expect(hands.text(".cvd-empty")).toContain("has not answered yet");
    vi.useRealTimers();
  });

  test("[fault 41] a message that the kernel does not answer is told as waiting", () => {
    const { stage, hands } = shown();
    vi.useFakeTimers();
    hands.type("Hi");
    hands.key("Enter");
    vi.advanceTimersByTime(3_500);
    expect(hands.text(".cvd-status")).toContain("your message waits");
    stage.answer(stage.sent("send")[0] as never);
    expect(hands.text(".cvd-status")).toBe("");
    vi.useRealTimers();
  });
});

describe("drafts", () => {
  test("come back after a reload, each view its own", async () => {
    const { stage, hands } = shown();
    const other = stage.view();
    hands.type("Kept");
    other.type("Mine");
    await settle(400);
    hands.close();
    other.close();
    const again = shown();
    expect(again.hands.field.value).toBe("Kept");
    expect(again.stage.view().field.value).toBe("Mine");
  });

  test("live on without storage", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new Error("full");
    });
    vi.spyOn(Storage.prototype, "getItem").mockImplementation(() => {
      throw new Error("blocked");
    });
    const { hands } = shown();
    hands.type("Still here");
    expect(hands.field.value).toBe("Still here");
  });
});

describe("[fault 36] shown five times, one closed", () => {
  test("the others go on; nothing is left of the closed one", () => {
    const stage = new Stage();
    const views = [1, 2, 3, 4, 5].map(() => stage.view());
    stage.snapshot({ head: "a2" }, talk);
    views[2]?.close();
    stage.say({ t: "rows", rows: [user("u3", "a2", "And?")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u3" } });
    expect(views.map((view) => view.el.querySelectorAll("[data-m]").length)).toEqual([3, 3, 0, 3, 3]);
    expect(stage.transport.listeners).toBe(1);
    for (const view of views) view.close();
    expect(stage.transport.listeners).toBe(0);
  });

  test("one style sheet serves all", () => {
    const stage = new Stage();
    for (let each = 0; each < 5; each++) stage.view();
    expect(document.querySelectorAll("style[data-cvd-style]")).toHaveLength(1);
  });
});

describe("a long talk", () => {
  const long = (turns: number): Row[] =>
    Array.from({ length: turns }, (_, at) => [
      user(`u${2 * at + 1}`, at ? `a${2 * at}` : null, "Q"),
      reply(`a${2 * at + 2}`, `u${2 * at + 1}`, "A"),
    ]).flat();

  test("holds a stretch of its messages in the page; gaps stand for the rest, and lead into it", () => {
    const { hands } = shown(long(201));
    expect(hands.messages).toHaveLength(24);
    expect(hands.message("a402").getAttribute("aria-posinset")).toBe("402");
    expect(hands.find('[data-m="a402"] article').getAttribute("aria-setsize")).toBe("402");
    hands.press("378 more messages here");
    expect(document.activeElement).toBe(hands.find('[data-m="a378"] article'));
    expect(hands.messages).toHaveLength(24);
    hands.press("13 more messages here");
    expect(document.activeElement).toBe(hands.find('[data-m="a390"] article'));
  });

  test("Home and End go to its first and its last message, wherever the focus is in it", () => {
    const { hands } = shown(long(201));
    hands.key("Home", {}, hands.find(".cvd-scroller"));
    expect(hands.messages[0]).toBe("u1");
    expect(hands.messages).toHaveLength(24);
    hands.key("End", {}, hands.message("a2").querySelector("button") as HTMLElement);
    expect(hands.messages.at(-1)).toBe("a402");
  });

  test("what has the focus or is edited stays in the page when the reader goes far away", () => {
    const { hands } = shown(long(201));
    hands.press("Edit", hands.message("u401"));
    hands.type("Half an edit", hands.find(".cvd-editor textarea") as HTMLTextAreaElement);
    const copy = hands.button("Copy", hands.message("a382"));
    copy.focus();
    hands.key("Home", {}, hands.find(".cvd-scroller"));
    expect(document.activeElement).toBe(copy);
    expect((hands.find(".cvd-editor textarea") as HTMLTextAreaElement).value).toBe("Half an edit");
    expect(hands.messages.slice(-3)).toEqual(["a24", "a382", "u401"]);
    hands.field.focus();
    hands.key("End", {}, hands.find(".cvd-scroller"));
    expect(hands.messages).toHaveLength(24);
  });

  test("what comes while one reads far above changes nothing there", () => {
    const { stage, hands } = shown(long(201));
    hands.key("Home", {}, hands.find(".cvd-scroller"));
    const before = hands.messages;
    stage.say({ t: "rows", rows: [user("u403", "a402", "New")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u403" } });
    expect(hands.messages).toEqual(before);
    expect(hands.find('[data-m="u1"]').getAttribute("aria-setsize")).toBe("403");
  });

  test("a delta touches the row that grows, and no other", async () => {
    const { stage, hands } = shown([...talk, user("u3", "a2", "Go on"), running("a4", "u3")], "u3");
    await settle();
    const touched = new Set<string | null | undefined>();
    const observer = new MutationObserver((records) => {
      for (const { target } of records)
        touched.add(
          (target instanceof Element ? target : target.parentElement)?.closest("[data-m]")?.getAttribute("data-m"),
        );
    });
    observer.observe(hands.find(".cvd-list"), {
      childList: true,
      subtree: true,
      characterData: true,
      attributes: true,
    });
    stage.say({ t: "delta", m: "a4", d: [[0, "text", "More and more"]] });
    await vi.waitFor(() => expect(hands.text('[data-m="a4"] .cvd-prose')).toContain("More and more"));
    observer.disconnect();
    touched.delete(undefined); // the ghost row at the end
    expect([...touched]).toEqual(["a4"]);
  });
});
