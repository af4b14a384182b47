/** How replies come out: each looks its own way, says what happened, and offers what one can do. */
import { describe, expect, test } from "vitest";
import type { Block, EndingView, Row } from "../src/core/wire";
import { chatOf } from "../src/dev/states";
import { reply, running, user } from "./rows";
import { type Hands, Stage } from "./stage";

const error = (retryable: boolean): Row["error"] => ({
  ...{ code: "overloaded", what: "The model is busy.", advice: "Try again in a moment.", who: "model" },
  ...{ retryable, request_id: "req_1", retry_after: null },
});
const attempt = (verdict: "blocked" | "invalid" | "not_run", missing: string[] = []): Block[] => [
  { k: "text", text: "Hm." },
  { k: "attempt", verdict, trigger: "persistent_harm", missing },
];

type Case = [name: string, row: Partial<Row>, says: string, offers: string[]];

const cases: Case[] = [
  ["stopped by the person", { state: "stopped", note: "panel" }, "Stopped by you", ["Retry"]],
  ["stopped with the kernel", { state: "stopped", note: "shutdown" }, "the kernel shut down", ["Retry"]],
  ["interrupted by the keyboard", { state: "stopped", note: "interrupt" }, "keyboard interrupt", ["Retry"]],
  ["taken over", { state: "stopped", note: "takeover" }, "Another kernel took this reply over", ["Retry"]],
  ["interrupted", { state: "interrupted" }, "cut off. What had arrived is kept", ["Retry"]],
  ["interrupted by an error", { state: "interrupted", error: error(true) }, "The model is busy.", ["Retry", "Copy"]],
  ["failed, again in vain", { state: "failed", error: error(false) }, "Try again in a moment.", ["Copy"]],
  ["failed without a word", { state: "failed" }, "Something went wrong", ["Retry"]],
  ["refused", { state: "refused" }, "not the end of the conversation", ["Edit your message", "Retry"]],
  ["cut by length", { note: "length" }, "Write “go on” for the rest", ["Retry"]],
  ["context full", { note: "context_full" }, "Start a new chat, or edit", ["Edit your message"]],
  ["empty", { note: "empty", blocks: [] }, "The model said nothing", ["Edit your message", "Retry"]],
  ["too many calls", { note: "bound" }, "most model calls", ["Retry"]],
  ["paused", { note: "paused" }, "paused and did not go on", ["Retry"]],
  ["stopped for an unknown reason", { note: "stopped: moonrise" }, "does not know: moonrise", ["Retry"]],
  ["an ending that was blocked", { blocks: attempt("blocked", ["2 more"]) }, "was not allowed", []],
  ["an ending that could not be read", { blocks: attempt("invalid") }, "could not be read", []],
];

function shown(row: Partial<Row>): Hands {
  const stage = new Stage();
  const hands = stage.view();
  stage.snapshot({ head: "a2" }, [user("u1", null, "Hi"), reply("a2", "u1", "Half a", row)]);
  return hands;
}

/** What the eye sees of an outcome: its icon, its frame, its words. */
function looks(hands: Hands): string {
  const places = [...hands.message("a2").querySelectorAll<HTMLElement>(".cvd-outcome, .cvd-mark")];
  const place = places.find((each) => !each.hidden) as HTMLElement;
  const icon = place.querySelector("svg")?.getAttribute("class");
  const frame = (place.matches(".cvd-mark") ? place : place.firstElementChild)?.className;
  return [icon, frame, place.textContent].join("|");
}

describe("a reply that", () => {
  test.each(cases)("was %s", (_, row, says, offers) => {
    const hands = shown(row);
    const message = hands.message("a2");
    expect(message.textContent).toContain(says);
    const place = [...message.querySelectorAll<HTMLElement>(".cvd-outcome")].find((each) => !each.hidden);
    const buttons = [...(place?.querySelectorAll("button") ?? [])];
    expect(buttons.map((each) => each.getAttribute("aria-label") ?? each.textContent)).toEqual(offers);
    expect(hands.field.readOnly, "none of these is an end").toBe(false);
  });

  test("no two of them look the same", () => {
    const seen = cases.map(([, row]) => looks(shown(row)));
    expect(new Set(seen).size).toBe(seen.length);
  });

  test("simply went well has nothing to say", () => {
    expect([...shown({}).el.querySelectorAll<HTMLElement>(".cvd-outcome")].every((each) => each.hidden)).toBe(true);
  });

  test("was cut is read out as cut, not only as done", () => {
    const stage = new Stage();
    const hands = stage.view();
    const asked = user("u1", null, "Hi");
    stage.snapshot({ head: "u1", running: "a2" }, [asked, running("a2", "u1")]);
    stage.say({ t: "rows", rows: [reply("a2", "u1", "Half a", { note: "length" })] });
    expect(hands.log.textContent).toContain("Cut by the length limit.");
  });
});

describe("the last warning", () => {
  const warned = [
    user("u1", null, "Rude."),
    reply("a2", "u1", "Stop.", { tip: "warned", blocks: [{ k: "warning", kind: "final_warning", counted: true }] }),
  ];

  test("stays in sight while the talk goes on below it, and leads back to it", () => {
    const stage = new Stage();
    const hands = stage.view();
    stage.snapshot({ head: "a2" }, warned);
    expect(hands.text(".cvd-warned")).toBe(""); // it stands right above the composer
    stage.say({
      t: "rows",
      rows: [user("u3", "a2", "And?", { tip: "warned" }), reply("a4", "u3", "So.", { tip: "warned" })],
    });
    stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a4" } });
    expect(hands.text(".cvd-warned")).toContain("may end this conversation next");
    hands.press("Show the warning");
    expect(document.activeElement?.closest("[data-m]")?.getAttribute("data-m")).toBe("a2");
  });

  test("is gone from the bar when it has come to the end", () => {
    const stage = new Stage();
    const hands = stage.view();
    const ending = chatOf("ended").rows.at(-1)?.ending ?? null;
    stage.snapshot({ head: "a4" }, [
      ...warned,
      user("u3", "a2", "Rude."),
      reply("a4", "u3", "", { tip: "ended", ending }),
    ]);
    expect(hands.text(".cvd-warned")).toBe("");
  });
});

describe("why an ending could happen", () => {
  function why(change: Partial<EndingView>): string {
    const ending = { ...(chatOf("ended").rows.at(-1)?.ending as EndingView), ...change };
    const hands = shown({ tip: "ended", ending });
    expect(hands.find(".cvd-why summary").textContent).toBe("Why could this happen?");
    return hands.text(".cvd-why");
  }

  test("is told from the gates and the numbers of the policy that was in force", () => {
    const gates = (...all: string[]) => all.map((gate) => ({ gate, number: null }));
    const strict = why({ policy: "mine", needs: [...gates("ability"), { gate: "warned_first", number: 5 }] });
    expect(strict).toContain("The policy mine lets a model end");
    expect(strict).toContain("change of course 5 times");
    expect(strict).not.toContain("at risk");
    expect(why({ needs: gates("ability", "asked_twice") })).not.toContain("change of course");
    expect(why({ needs: [{ gate: "warned_first", number: 0 }] })).toContain("a last warning in an earlier reply");
    expect(why({ needs: gates("my_own_gate") })).toContain("my_own_gate");
    expect(why({ mode: "observe" })).toContain("only observes here");
    expect(why({ needs: [] })).toContain("not on record");
  });

  test("says that it is no sanction, that models can be wrong, and that feedback helps", () => {
    expect(why({})).toMatch(/only some models do.*no sanction.*can be wrong.*feedback helps/is);
  });
});
