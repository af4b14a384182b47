// @vitest-environment node
import { describe, expect, test } from "vitest";
import { canSend, type Effect, type Input, isLocked, noView, reduce, type View } from "../src/core/state";
import { noTalk, receive, type Talk } from "../src/core/talk";
import type { AnswerMessage, ChatView, NumberedMessage, Row } from "../src/core/wire";
import { chatOf } from "../src/dev/states";
import { baseChat, reply, running, user } from "./rows";

/** A kernel that counts, and a view that is told. */
class Play {
  view: View = noView;
  effects: Effect[] = [];
  talk: Talk = noTalk;
  #n = 0;

  constructor(chat: Partial<ChatView>, rows: readonly Row[]) {
    this.hear({ t: "snapshot", chat: baseChat(chat), rows: [...rows], below: null } as never);
  }

  hear(message: NumberedMessage extends infer M ? (M extends { n: number } ? Omit<M, "n"> : never) : never): void {
    this.#n += 1;
    this.talk = receive(this.talk, { ...message, n: this.#n } as NumberedMessage);
    this.do({ type: "talk", talk: this.talk });
  }

  rows(...rows: Row[]): void {
    this.hear({ t: "rows", rows } as never);
  }

  chat(change: Partial<ChatView>): void {
    this.hear({ t: "chat", chat: { ...(this.talk.chat as ChatView), ...change } } as never);
  }

  do(...inputs: Input[]): this {
    for (const input of inputs) {
      const step = reduce(this.view, input);
      this.view = step.view;
      this.effects.push(...step.effects);
    }
    return this;
  }

  answer(c: string, change: Partial<AnswerMessage> = {}): void {
    this.do({ type: "answer", answer: { t: "answer", c, ok: true, error: null, m: null, ...change } });
  }

  get orders() {
    return this.effects.flatMap((effect) => (effect.do === "order" ? [effect.order] : []));
  }

  get announced() {
    return this.effects.flatMap((effect) => (effect.do === "announce" ? effect.messages : []));
  }
}

const talk = [user("u1", null, "Hi"), reply("a2", "u1", "Hello")];
const refusal = { ...(chatOf("failed").rows[1]?.error as NonNullable<Row["error"]>), code: "TipMoved" };

describe("the cursor", () => {
  test("follows the head down as the talk grows", () => {
    const play = new Play({ head: "a2" }, talk);
    play.rows(user("u3", "a2", "And?"), running("a4", "u3"));
    play.chat({ head: "u3", running: "a4" });
    expect(play.view.path).toEqual(["u1", "a2", "u3", "a4"]);
  });

  test("goes along when Python edits an earlier message while nobody browses", () => {
    const play = new Play({ head: "a2" }, talk);
    play.rows(user("u3", null, "Hi again"), reply("a4", "u3", "Hello again"));
    play.chat({ head: "a4" });
    expect(play.view.path).toEqual(["u3", "a4"]);
  });

  test("[fault 34] stays on a running reply while another panel takes the head elsewhere", () => {
    const play = new Play({ head: "u1", running: "a2" }, [user("u1", null, "Hi"), running("a2", "u1")]);
    play.rows(user("u3", null, "Other"), running("a4", "u3"));
    play.chat({ head: "u3", running: "a4" });
    expect(play.view.path).toEqual(["u1", "a2"]);
    play.hear({ t: "delta", m: "a2", d: [[0, "text", "Hel"]] } as never);
    play.rows(reply("a2", "u1", "Hello"));
    expect([play.view.path, play.view.browsing]).toEqual([["u1", "a2"], true]);
    expect(play.do({ type: "head" }).view.path).toEqual(["u3", "a4"]);
  });

  test("stays on the branch that a person looks at, and grows with it", () => {
    const play = new Play({ head: "a2" }, [...talk, reply("a3", "u1", "Hey")]);
    play.do({ type: "look", m: "a3" });
    play.rows(user("u5", "a2", "on the head"));
    play.chat({ head: "u5" });
    expect(play.view.path).toEqual(["u1", "a3"]);
    play.rows(user("u6", "a3", "on mine"), reply("a7", "u6", "Yes"));
    expect(play.view.path).toEqual(["u1", "a3", "u6", "a7"]);
  });

  test("comes back to the leaf that was visited last below a sibling", () => {
    const below = [user("u3", "a2", "b"), user("u4", "a2", "c"), reply("a5", "u1", "other")];
    const play = new Play({ head: "u4" }, [...talk, ...below]);
    play.do({ type: "look", m: "u3" }, { type: "look", m: "a5" });
    expect(play.view.path).toEqual(["u1", "a5"]);
    expect(play.do({ type: "look", m: "a2" }).view.path).toEqual(["u1", "a2", "u3"]);
  });

  test("goes to what one's own edit has led to, also when the rows come after the answer", () => {
    const play = new Play({ head: "a2" }, [...talk, reply("a3", "u1", "Hey")]);
    play.do({ type: "look", m: "a3" }, { type: "edit", m: "u1" }, { type: "edit-send", c: "e" });
    play.answer("e", { m: "u4" });
    expect(play.view.editor).toBeNull();
    play.rows(user("u4", null, "Hi"), running("a5", "u4"));
    expect(play.view.path).toEqual(["u4", "a5"]);
  });

  test("begins anew with another conversation", () => {
    const play = new Play({ head: "a2" }, talk);
    play.do({ type: "draft", text: "kept" }, { type: "edit", m: "u1" });
    play.hear({ t: "snapshot", chat: baseChat({ conversation: "c2" }), rows: [], below: null } as never);
    expect(play.view).toMatchObject({ path: [], editor: null, browsing: false, draft: "kept" });
    expect(play.effects).toContainEqual({ do: "recall", conversation: "c2" });
  });

  test("ends at a parent that is missing or goes in a circle", () => {
    const play = new Play({ head: "a2" }, [user("u1", "gone", "Hi"), reply("a2", "u1", "Hello")]);
    expect(play.view.path).toEqual(["u1", "a2"]);
    const circle = new Play({ head: "a2" }, [user("u1", "a2", "Hi"), reply("a2", "u1", "Hello")]);
    expect(circle.view.path).toHaveLength(2);
  });
});

describe("commands", () => {
  test("[fault 35] the second click of a double click sends nothing", () => {
    const play = new Play({ head: "a2" }, talk);
    play.do({ type: "draft", text: "Once" }, { type: "send", c: "1" }, { type: "send", c: "2" });
    play.do({ type: "draft", text: "Once more" }, { type: "send", c: "3" });
    expect(play.orders).toEqual([{ do: "send", parent: "a2", text: "Once" }]);
  });

  test("[fault 33] a refused message goes back into the composer, above what was typed since", () => {
    const play = new Play({ head: "a2" }, talk);
    play.do({ type: "draft", text: "Mine" }, { type: "send", c: "1" }, { type: "draft", text: "And more" });
    play.answer("1", { ok: false, error: refusal });
    expect(play.view).toMatchObject({ draft: "Mine\n\nAnd more", refused: { code: "TipMoved" } });
    expect(canSend(play.view)).toBe(true);
  });

  test("a refused edit keeps its editor and says why", () => {
    const play = new Play({ head: "a2" }, talk);
    play.do({ type: "edit", m: "u1" }, { type: "edit-text", text: "Better" }, { type: "edit-send", c: "1" });
    play.answer("1", { ok: false, error: refusal });
    expect(play.view.editor).toMatchObject({ m: "u1", text: "Better", error: { code: "TipMoved" } });
  });

  test("nothing is sent below an ended message, while a reply runs, or without words", () => {
    const ended = chatOf("ended");
    const locked = new Play(ended.chat, ended.rows);
    expect(isLocked(locked.view)).toBe(true);
    locked.do({ type: "draft", text: "Hello?" }, { type: "send", c: "1" });
    const busy = new Play({ head: "u1", running: "a2" }, [user("u1", null, "Hi"), running("a2", "u1")]);
    busy.do({ type: "draft", text: "Now" }, { type: "send", c: "1" });
    const silent = new Play({ head: "a2" }, talk);
    silent.do({ type: "draft", text: " \n" }, { type: "send", c: "1" });
    expect([...locked.orders, ...busy.orders, ...silent.orders]).toEqual([]);
    expect([locked.view.draft, busy.view.draft]).toEqual(["Hello?", "Now"]);
  });

  test("new chat, edit and retry go out from an ended conversation", () => {
    const { chat, rows } = chatOf("ended");
    for (const [input, kind] of [
      [{ type: "new", c: "1" }, "new"],
      [{ type: "retry", c: "1", m: "a5" }, "retry"],
    ] as const)
      expect(new Play(chat, rows).do(input).orders[0]?.do).toBe(kind);
    const play = new Play(chat, rows).do({ type: "edit", m: "u5" }, { type: "edit-step", by: -1 });
    expect(play.view.editor).toMatchObject({ m: "u4", text: "[abusive message] You are useless." });
    expect(play.do({ type: "edit-send", c: "1" }).orders[0]).toMatchObject({ do: "edit", message: "u4" });
  });

  test("a lock is of the branch that is shown, not of the chat", () => {
    const ended = chatOf("ended");
    const play = new Play(ended.chat, [...ended.rows, reply("a90", "u1", "Another way")]);
    expect(isLocked(play.view)).toBe(true);
    expect(isLocked(play.do({ type: "look", m: "a90" }).view)).toBe(false);
    expect(canSend(play.view)).toBe(true);
  });

  test("a confirmation is only for the message that asks for it", () => {
    const { chat, rows } = chatOf("confirming");
    const play = new Play(chat, rows).do({ type: "confirm", c: "1", yes: true });
    expect(play.orders).toEqual([{ do: "confirm", parent: "a1", yes: true }]);
    expect(new Play({ head: "a2" }, talk).do({ type: "confirm", c: "1", yes: true }).orders).toEqual([]);
  });

  test("an answer to somebody else's command changes nothing", () => {
    const play = new Play({ head: "a2" }, talk);
    const before = play.view;
    play.answer("another", { ok: false, error: refusal });
    expect(play.view).toBe(before);
  });
});

describe("what is read out", () => {
  test("is a message that is complete and was not there, or not complete, before", () => {
    const play = new Play({ head: "a2" }, talk);
    play.rows(user("u3", "a2", "And?"), running("a4", "u3"));
    play.chat({ head: "u3", running: "a4" });
    play.hear({ t: "delta", m: "a4", d: [[0, "text", "So"]] } as never);
    play.rows(reply("a4", "u3", "So it is."));
    play.rows({ ...reply("a4", "u3", "So it is."), feedback: { thumb: "up", words: "" } });
    expect(play.announced).toEqual(["u3", "a4"]);
  });

  test("is not an old message that a snapshot brings or a step shows", () => {
    const play = new Play({ head: "a2" }, [...talk, reply("a3", "u1", "Hey")]);
    play.do({ type: "look", m: "a3" });
    expect(play.announced).toEqual([]);
  });
});
