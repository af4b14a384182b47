import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import * as find from "../../src/chunks/find";
import * as play from "../../src/chunks/play";
import type { Row } from "../../src/core/wire";
import { branchedTalk } from "../../src/dev/branched";
import { chatOf } from "../../src/dev/states";
import { Still } from "../../src/lab/still";
import { mount } from "../../src/panel";
import { baseChat, reply, running, user } from "../rows";
import { Hands, offer, Stage } from "../stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const PLAY = "Play this branch again";
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function talk(turns: number): Row[] {
  return Array.from({ length: turns }, (_, at) => [
    user(`u${2 * at + 1}`, at ? `a${2 * at}` : null, `Question ${at}`),
    reply(`a${2 * at + 2}`, `u${2 * at + 1}`, "It takes a while to say all of this, word by word by word."),
  ]).flat();
}

async function opened(rows: readonly Row[], head: string): Promise<{ stage: Stage; hands: Hands }> {
  offer("play", play as never);
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot({ head }, rows);
  hands.press(PLAY);
  await pass(0);
  return { stage, hands };
}

const place = (hands: Hands) => hands.text(".cvd-play-place");
const seen = (hands: Hands, selector: string) =>
  [...hands.el.querySelectorAll<HTMLElement>(selector)].filter((each) => !each.closest("[hidden]")).length;
const toEnd = async (hands: Hands) => {
  hands.press("8×");
  for (let at = 0; at < 400 && hands.has('.cvd-play-toggle[aria-label="Pause"]'); at++) await pass(200);
};

describe("playback", () => {
  test("shows the branch from its first message on, a reply word by word, and sends nothing at all", async () => {
    const { stage, hands } = await opened(talk(2), "a4");
    const before = stage.transport.commands.length;
    expect([hands.messages, place(hands)]).toEqual([[], "4 messages"]);
    expect(hands.text(".cvd-play-label")).toBe("Playback – nothing is sent");
    await pass(500);
    expect(hands.messages).toEqual(["u1", "a2"]);
    expect([hands.message("a2").getAttribute("data-state"), place(hands)]).toEqual(["streaming", "Message 2 of 4"]);
    await pass(800);
    const part = hands.message("a2").textContent ?? "";
    expect(part).toContain("It takes");
    expect(part).not.toContain("by word.");
    await toEnd(hands);
    expect([hands.messages, hands.text(".cvd-play-note")]).toEqual([
      ["u1", "a2", "u3", "a4"],
      "This is where the branch stops.",
    ]);
    expect(stage.transport.commands.length).toBe(before);
  });

  test("shows warnings, the bar of a last warning, and the end where they stood, and the lock at the end", async () => {
    const { chat, rows } = chatOf("ended");
    const wrote = rows.map((row, at) => (rows[at - 1]?.tip === "warned" ? { ...row, tip: "warned" as const } : row));
    const { hands } = await opened(wrote, chat.head as string);
    const steps: string[] = [];
    for (let at = 0; at < rows.length; at++) {
      hands.press("One message on");
      const signs = [".cvd-mark-redirect", ".cvd-mark-final", ".cvd-warned", ".cvd-ended", ".cvd-play-note"];
      steps.push(signs.map((sign) => seen(hands, sign)).join(""));
    }
    const warned = steps.findIndex((signs) => signs.startsWith("21"));
    expect(steps[0]).toBe("00000");
    expect(steps[warned + 1]).toBe("21100");
    expect(steps.at(-1)).toBe("21011");
    expect(hands.text(".cvd-play-note")).toBe("Here the conversation ended. No message followed, and none can.");
  });

  test("gives each message to screen readers once, when it is whole", async () => {
    const { hands } = await opened(talk(2), "a4");
    await pass(900);
    expect(hands.log.childElementCount).toBe(1);
    await toEnd(hands);
    expect(hands.log.childElementCount).toBe(4);
    expect(hands.log.lastElementChild?.textContent).toContain("It takes a while to say all of this");
    hands.press("One message back");
    expect([hands.log.childElementCount, hands.status]).toEqual([4, "Message 3 of 4"]);
  });

  test("shows messages whole where motion is not wanted", async () => {
    vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener() {} }));
    const { hands } = await opened(talk(1), "a2");
    await pass(1_150);
    expect(hands.message("a2").getAttribute("data-state")).toBe("settled");
    expect(hands.message("a2").textContent).toContain("word by word by word.");
  });

  test("takes the arrow keys and Space where the focus is in it, and Esc anywhere", async () => {
    const { stage, hands } = await opened(talk(2), "a4");
    const toggle = hands.find(".cvd-play-toggle");
    expect(document.activeElement).toBe(toggle);
    hands.key("ArrowRight", {}, toggle);
    hands.key("ArrowRight", {}, hands.find(".cvd-play-track"));
    hands.key("ArrowRight", {}, hands.find(".cvd-play-speed"));
    expect([place(hands), hands.messages]).toEqual(["Message 3 of 4", ["u1", "a2", "u3"]]);
    hands.key("ArrowLeft", {}, toggle);
    expect(place(hands)).toBe("Message 2 of 4");
    hands.key(" ", {}, hands.find(".cvd-play-track"));
    expect(toggle.getAttribute("aria-label")).toBe("Pause");
    expect(hands.key(" ", {}, hands.find(".cvd-play-speed")).defaultPrevented).toBe(false);
    hands.key("Escape", {}, hands.find(".cvd-scroller"));
    expect([hands.has(".cvd-playing"), hands.messages.length]).toEqual([false, 4]);
    expect(stage.sent("stop")).toEqual([]);
  });

  test("when it is left, all is as it was: messages, draft, and the focus on its button", async () => {
    const { hands } = await opened(talk(2), "a4");
    hands.type("A draft");
    await pass(500);
    hands.press("Leave playback");
    expect([hands.messages.length, hands.field.value]).toEqual([4, "A draft"]);
    expect(document.activeElement).toBe(hands.button(PLAY));
    await pass(5_000);
    expect(hands.messages.length).toBe(4);
  });

  test("goes to any place by its slider, which says where that is", async () => {
    const { hands } = await opened(talk(3), "a6");
    const slider = hands.find(".cvd-play-track") as HTMLInputElement;
    slider.value = "5";
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    expect([hands.messages.length, slider.getAttribute("aria-valuetext"), slider.max]).toEqual([
      5,
      "Message 5 of 6",
      "6",
    ]);
    await pass(3_000);
    expect(hands.messages.length).toBe(5);
  });

  test("leaves other views of the same chat as they are", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const [one, other] = [stage.view(), stage.view()];
    stage.snapshot({ head: "a4" }, talk(2));
    one.press(PLAY);
    await pass(100);
    expect([one.messages.length, other.messages.length, other.has(".cvd-playing")]).toEqual([0, 4, false]);
    await pass(700);
    expect([one.log.childElementCount, other.log.childElementCount]).toEqual([1, 0]);
  });

  test("goes on with its branch while the chat grows, and shows what came when it is left", async () => {
    const { stage, hands } = await opened(talk(1), "a2");
    stage.say({ t: "rows", rows: [user("u3", "a2", "And this?"), running("a4", "u3")] });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "u3", status: "responding", running: "a4" } });
    stage.say({ t: "delta", m: "a4", d: [[0, "text", "New words"]] });
    await pass(500);
    expect([hands.messages, place(hands)]).toEqual([["u1", "a2"], "Message 2 of 2"]);
    expect(hands.log.textContent).not.toContain("And this?"); // it is not what is watched here
    hands.press("Leave playback");
    expect(hands.messages).toEqual(["u1", "a2", "u3", "a4"]);
  });

  test("is left where the person goes to another branch, or the panel to another conversation", async () => {
    const { chat, rows } = branchedTalk();
    const { stage, hands } = await opened(rows, chat.head as string);
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a15" } });
    expect(hands.has(".cvd-playing")).toBe(false);
    expect(document.activeElement).toBe(hands.button(PLAY));
    hands.press(PLAY);
    await pass(0);
    expect(hands.has(".cvd-playing")).toBe(true);
    stage.snapshot({ conversation: "c-other", head: null }, []);
    expect([hands.has(".cvd-playing"), hands.messages]).toEqual([false, []]);
  });

  test.each([["New chat"], ["Branches"]])(
    "ends first where %s is pressed: nobody acts on what they do not see",
    async (label) => {
      const { chat, rows } = branchedTalk();
      const { stage, hands } = await opened(rows, chat.head as string);
      const branches = hands.find(".cvd-branches") as HTMLButtonElement;
      if (label === "Branches") branches.click();
      else hands.press(label);
      expect(hands.has(".cvd-playing")).toBe(false);
      expect(hands.messages).toContain(chat.head);
      expect(stage.sent("new").length).toBe(label === "New chat" ? 1 : 0);
      expect(hands.has(".cvd-drawer-open")).toBe(label === "Branches");
    },
  );

  test("ends before words are looked for, and the bar that looks for them goes before it begins", async () => {
    offer("find", find as never);
    const { chat, rows } = branchedTalk();
    const { hands } = await opened(rows, chat.head as string);
    const search = hands.find('[role="search"]');
    hands.press("Find in this conversation");
    expect([hands.has(".cvd-playing"), search.hidden]).toEqual([false, false]);
    await pass(0);
    expect(document.activeElement).toBe(hands.find(".cvd-find-field"));
    hands.press(PLAY);
    await pass(0);
    expect([hands.has(".cvd-playing"), search.hidden]).toEqual([true, true]);
  });

  test("plays the branch that is looked at, also one that has ended", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const hands = stage.view();
    const { chat, rows } = branchedTalk();
    stage.snapshot({ head: chat.head }, rows);
    hands.press("Next version", hands.message("u3"));
    const shown = hands.messages;
    hands.press(PLAY);
    await pass(0);
    await toEnd(hands);
    expect(hands.messages).toEqual(shown);
  });

  test("of a long chat waits for the pages that it needs", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const hands = stage.view();
    const rows = talk(100);
    stage.say({ t: "snapshot", chat: { ...chatOf("empty").chat, head: "a200" }, rows: rows.slice(150), below: 151 });
    hands.press(PLAY);
    await pass(2_000);
    expect([hands.text(".cvd-play-note"), hands.messages]).toEqual(["Earlier messages are on their way…", []]);
    const conversation = chatOf("empty").chat.conversation;
    stage.transport.fire({ t: "page", conversation, below: 151, rows: rows.slice(50, 150), next: 51 });
    stage.transport.fire({ t: "page", conversation, below: 51, rows: rows.slice(0, 50), next: null });
    await pass(500);
    expect([place(hands), hands.messages]).toEqual(["Message 2 of 200", ["u1", "a2"]]);
  });

  test("what can be done with a message waits, and so does the editor that was open", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a4" }, talk(2));
    hands.press("Edit", hands.message("u1"));
    hands.press(PLAY);
    await pass(500);
    expect(hands.has(".cvd-editor")).toBe(false);
    hands.press("Leave playback");
    expect(hands.has(".cvd-editor")).toBe(true);
  });

  test("that does not come from the kernel says so", async () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a2" }, talk(1));
    hands.press(PLAY);
    await pass(16_000);
    expect(hands.status).toBe("This part did not come from the kernel. It may be busy.");
    expect(hands.messages.length).toBe(2);
  });
});

test("a saved copy without a kernel can be played too, from where it begins", async () => {
  offer("play", play as never);
  const el = document.createElement("div");
  document.body.append(el);
  const life = new AbortController();
  onTestFinished(() => {
    life.abort();
    el.remove();
  });
  const rows = talk(3).slice(2);
  const still = new Still({ chat: baseChat({ head: "a6" }), rows, earlier: 2, others: 0 }, {});
  mount({ transport: still, el, signal: life.signal, language: "en" });
  const hands = new Hands(el, life);
  await pass(0);
  hands.press(PLAY);
  await pass(500);
  expect([place(hands), hands.messages]).toEqual(["Message 2 of 4", ["u3", "a4"]]);
});

describe("a wish of the kernel", () => {
  const wish = { t: "play", conversation: chatOf("empty").chat.conversation, m: "a15", speed: 8 };

  test("plays any branch in every view, at its speed, and takes no focus", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const views = [stage.view(), stage.view()];
    const { chat, rows } = branchedTalk();
    stage.snapshot({ head: chat.head }, rows);
    stage.transport.fire(wish);
    await pass(10);
    for (const hands of views) {
      expect(hands.find('.cvd-play-speed[aria-pressed="true"]').textContent).toBe("8×");
      await toEnd(hands);
      expect(hands.messages).toEqual(["u1", "a2", "u10", "a11", "u12", "a13", "u14", "a15"]);
    }
    expect(document.activeElement).toBe(document.body);
    expect(views.map((hands) => hands.log.childElementCount > 0)).toEqual([true, false]);
  });

  test("for a message that is not there says so, and can be left", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a2" }, talk(1));
    stage.transport.fire(wish);
    await pass(10);
    expect(hands.text(".cvd-play-note")).toBe("This branch is not here any more.");
    hands.press("Leave playback");
    expect(hands.messages.length).toBe(2);
  });

  test("for another conversation changes nothing", async () => {
    offer("play", play as never);
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a2" }, talk(1));
    stage.transport.fire({ ...wish, conversation: "c-other" });
    await pass(10);
    expect(hands.has(".cvd-playing")).toBe(false);
  });
});
