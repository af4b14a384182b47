import { describe, expect, test } from "vitest";
import * as play from "../../src/chunks/play";
import type { LessonView } from "../../src/core/wire";
import { chatOf } from "../../src/dev/states";
import { type Hands, offer, Stage, settle } from "../stage";

const lesson = (change: Partial<LessonView> = {}): LessonView => ({
  ...{ title: "Persistent abuse", at: 0, of: 5, over: false, playing: false, speed: 1 },
  ...change,
});

async function opened(now: LessonView | null, name = "empty"): Promise<{ stage: Stage; hands: Hands }> {
  offer("play", play as never);
  const stage = new Stage();
  const hands = stage.view();
  const { chat, rows } = chatOf(name);
  stage.snapshot({ ...chat, lesson: now }, rows);
  await settle(20);
  return { stage, hands };
}

const acts = (stage: Stage) => stage.sent("rehearse").map(({ act, speed }) => [act, speed]);
const progress = (hands: Hands) => hands.find(".cvd-lesson progress") as HTMLProgressElement;

describe("a lesson", () => {
  test("that is loaded and not begun is in plain sight, and its place is no riddle", async () => {
    const { hands } = await opened(lesson());
    expect(hands.text(".cvd-lesson .cvd-play-label")).toBe("Lesson: Persistent abuse");
    expect(hands.text(".cvd-lesson .cvd-play-place")).toBe("5 turns, not begun");
    expect([progress(hands).value, progress(hands).max, progress(hands).hasAttribute("value")]).toEqual([0, 5, true]);
    expect(hands.field.readOnly).toBe(false);
  });

  test("that there is not costs nothing: no bar, and no chunk is asked for", async () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({}, []);
    await settle(20);
    expect(stage.sent("chunk")).toEqual([]);
    expect(hands.text(".cvd-lesson")).toBe("");
  });

  test("is played, stepped, paused, quickened and begun anew by the kernel", async () => {
    const { stage, hands } = await opened(lesson());
    const bar = hands.find(".cvd-lesson");
    hands.press("Play the lesson", bar);
    hands.press("Next turn", bar);
    hands.press("4×", bar);
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, lesson: lesson({ at: 2, playing: true, speed: 4 }) } });
    expect(hands.text(".cvd-lesson .cvd-play-place")).toBe("Turn 2 of 5");
    expect([progress(hands).value, hands.find('.cvd-play-speed[aria-pressed="true"]').textContent]).toEqual([2, "4×"]);
    hands.press("Pause after this reply", bar);
    hands.press("Begin the lesson anew, in a new chat", bar);
    expect(acts(stage)).toEqual([
      ["play", 1],
      ["step", 1],
      ["pace", 4],
      ["pause", 4],
      ["reset", 4],
    ]);
  });

  test("takes Space and the arrow that leads on; there is no way back in what was said", async () => {
    const { stage, hands } = await opened(lesson());
    const toggle = hands.find(".cvd-lesson .cvd-play-toggle");
    hands.key("ArrowLeft", {}, toggle);
    hands.key("ArrowRight", {}, toggle);
    hands.key(" ", {}, progress(hands));
    expect(acts(stage)).toEqual([
      ["step", 1],
      ["play", 1],
    ]);
  });

  test("that is over takes no further turn, says why, and can begin anew", async () => {
    const { stage, hands } = await opened(lesson({ at: 5, over: true }), "ended");
    const bar = hands.find(".cvd-lesson");
    hands.press("Play the lesson", bar);
    hands.press("Next turn", bar);
    expect(acts(stage)).toEqual([]);
    expect(hands.text(".cvd-lesson .cvd-play-note")).toContain("The model has ended this conversation.");
    hands.press("Begin the lesson anew, in a new chat", bar);
    expect(acts(stage)).toEqual([["reset", 1]]);
  });

  test("that goes on from an ending with an edit says so, and takes its next turn", async () => {
    const { stage, hands } = await opened(lesson({ at: 5, of: 7 }), "ended");
    const bar = hands.find(".cvd-lesson");
    expect(hands.text(".cvd-lesson .cvd-play-note")).toBe("This branch has ended. The lesson goes on beside it.");
    hands.press("Next turn", bar);
    expect(acts(stage)).toEqual([["step", 1]]);
  });

  test("[fault 34] with a hostile title stays text, and to itself", async () => {
    const { hands } = await opened(lesson({ title: "<img src=x onerror=alert(1)>\n\u202eevil" }));
    expect(hands.find(".cvd-lesson").querySelector("img")).toBeNull();
    expect(hands.text(".cvd-lesson .cvd-play-label bdi")).toMatch(/^<img.*\u202eevil\u202c$/s);
  });
});
