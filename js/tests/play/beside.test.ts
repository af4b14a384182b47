import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import fixture from "../../../tests/fixtures/wire/beside.json";
import { mount } from "../../src/chunks/play";
import { FakeTransport } from "../../src/core/transport";
import { mount as mountPanel } from "../../src/panel";
import { Hands, Stage } from "../stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const [begun, playing, over] = fixture.messages as [object, object, object];

function opened(language = "en"): { transport: FakeTransport; hands: Hands } {
  const [transport, el, life] = [new FakeTransport(), document.createElement("div"), new AbortController()];
  document.body.append(el);
  onTestFinished(() => {
    life.abort();
    el.remove();
  });
  mount({ transport, el, signal: life.signal, language });
  return { transport, hands: new Hands(el, life) };
}

const asked = ({ commands }: FakeTransport) =>
  commands.map((command) => (command.do === "rehearse" ? [command.act, command.speed] : command.do));
const note = (hands: Hands) => hands.text(".cvd-play-note");

test("the panel's sheet counts before those that build on it, whichever comes first", () => {
  const { hands } = opened();
  const stage = new Stage();
  const el = document.createElement("div");
  hands.el.append(el);
  mountPanel({ transport: stage.transport, el, signal: hands.life.signal, language: "en" });
  const sheets = [...document.querySelectorAll("style[data-cvd-style]")].map((style) => style.textContent ?? "");
  const [panel, play] = ["panel, in the order", ".cvd-play-bar"].map((part) =>
    sheets.findIndex((css) => css.includes(part)),
  );
  expect([panel, play]).toEqual([0, 1]);
});

describe("the controls of a lesson in two chats", () => {
  test("ask how things stand, and show nothing until they know", () => {
    const { transport, hands } = opened();
    expect(asked(transport)).toEqual(["hello"]);
    expect(hands.root.hidden).toBe(true);
    transport.fire(begun);
    expect([hands.root.hidden, hands.text(".cvd-play-label"), hands.text(".cvd-play-place")]).toEqual([
      false,
      "Lesson: Persistent abuse",
      "5 turns, not begun",
    ]);
  });

  test("send what is pressed, and show only what the kernel says", () => {
    const { transport, hands } = opened();
    transport.fire(begun);
    for (const label of ["Play the lesson", "Next turn", "8×", "Begin the lesson anew, in new chats"])
      hands.press(label);
    expect(hands.text(".cvd-play-place")).toBe("5 turns, not begun");
    transport.fire(playing);
    expect(hands.text(".cvd-play-place")).toBe("Turn 2 of 5");
    expect([hands.root.getAttribute("data-shade"), hands.root.getAttribute("data-size")]).toEqual([
      "dark",
      "presenter",
    ]);
    hands.press("Pause after these replies");
    expect(asked(transport)).toEqual(["hello", ["play", 1], ["step", 1], ["pace", 8], ["reset", 1], ["pause", 4]]);
  });

  test("are worked by keys, which do not leave them, and say which", () => {
    const { transport, hands } = opened();
    transport.fire(playing);
    const outside: string[] = [];
    const listen = (event: KeyboardEvent) => outside.push(event.key);
    document.addEventListener("keydown", listen);
    const toggle = hands.find(".cvd-play-toggle");
    for (const key of [" ", "ArrowRight", "ArrowUp", "ArrowDown", "d"]) hands.key(key, {}, hands.find("progress"));
    hands.key("ArrowLeft", {}, toggle);
    document.removeEventListener("keydown", listen);
    expect(asked(transport).slice(1)).toEqual([
      ["pause", 4],
      ["step", 4],
      ["pace", 8],
      ["pace", 2],
    ]);
    expect(outside).toEqual([]);
    const told = [...hands.el.querySelectorAll(".cvd-play-keys kbd")].map((key) => key.textContent);
    expect(told).toEqual(["Space", "→", "↑", "↓"]);
  });

  test("say where it ended and where one can go on, to eyes and ears", () => {
    const { transport, hands } = opened();
    transport.fire(playing);
    expect(note(hands)).toBe("");
    transport.fire(over);
    const words = note(hands).replace(/[\u2068\u2069]/g, "");
    expect(words).toBe(
      "The lesson is over. The model has ended the conversation under last_resort. It goes on under off: you can write there.",
    );
    expect(hands.find('[role="status"]').textContent).toBe(note(hands));
    expect(hands.find(".cvd-play-note .cvd-icon").hasAttribute("hidden")).toBe(true);
  });

  test("explain a kernel that does not answer, until it does", () => {
    const { transport, hands } = opened("de-CH");
    transport.fire(begun);
    hands.press("Lektion abspielen");
    vi.advanceTimersByTime(5_000);
    expect(note(hands)).toContain("Der Kernel hat noch nicht geantwortet.");
    transport.fire(playing);
    expect(note(hands)).toBe("");
  });

  test("[fault 32, 34] pass over what is none of theirs, and keep names from outside to themselves", () => {
    const { transport, hands } = opened();
    for (const odd of [null, 7, [], { t: "chat" }, { ...begun, lesson: null }, { ...begun, sides: [{ policy: 7 }] }])
      transport.fire(odd);
    expect(hands.root.hidden).toBe(true);
    const sides = [{ policy: "<img src=x onerror=alert(1)>\u202e", ended: true }];
    transport.fire({ ...over, sides });
    expect(hands.el.querySelector("img")).toBeNull();
    expect(note(hands)).toContain("\u2068<img src=x onerror=alert(1)>\u202e\u202c\u2069.");
  });
});
