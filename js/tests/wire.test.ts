// @vitest-environment node
import { describe, expect, test } from "vitest";
import commands from "../../tests/fixtures/wire/commands.json";
import { type Input, noView, reduce, type View } from "../src/core/state";
import { noTalk, receive } from "../src/core/talk";
import { type NumberedMessage, type Order, parseMessage } from "../src/core/wire";
import { chatOf, fixtures } from "../src/dev/states";

describe("the guard", () => {
  test.each(Object.keys(fixtures))("takes every message of the fixture %s as it is", (name) => {
    for (const message of fixtures[name]?.messages ?? []) expect(parseMessage(message)).toEqual(message);
  });

  test.each([null, 7, "snapshot", [], {}, { t: 1 }, { t: "answer" }, { t: "toString" }, { t: "chunk", name: "panel" }])(
    "passes over %j, which is none of its messages",
    (value) => expect(parseMessage(value)).toBeNull(),
  );

  test("counts a numbered message that it cannot read, so that it does not look lost", () => {
    expect(parseMessage({ t: "fireworks", n: 7 })).toEqual({ t: "unknown", n: 7 });
    expect(parseMessage({ t: "rows", n: 8, rows: [{ m: 1 }] })).toEqual({ t: "unknown", n: 8 });
    expect(parseMessage({ t: "delta", n: 9, m: "a1", d: [[0, "html", "<b>"]] })).toEqual({ t: "unknown", n: 9 });
  });

  test("[fault 32] refuses a row in which any one field has the wrong type", () => {
    const [row] = chatOf("ended").rows;
    for (const field of Object.keys(row ?? {})) {
      const message = { t: "rows", n: 1, rows: [{ ...row, [field]: { wrong: true } }] };
      expect(parseMessage(message), field).toEqual({ t: "unknown", n: 1 });
    }
  });

  test("takes fields that it does not know, since a newer kernel may send more", () => {
    const [row] = chatOf("talk").rows;
    const message = { t: "rows", n: 1, rows: [{ ...row, mood: "calm" }], later: true };
    expect(parseMessage(message)).toEqual(message);
  });
});

describe("commands", () => {
  const keys = (value: object) => Object.keys(value).sort();
  const valid = commands.valid.map(({ command }) => command);
  const shapeOf = (kind: string) => valid.filter((each) => each.do === kind).map(keys);

  const view = (name: string): View => {
    const talk = (fixtures[name]?.messages ?? []).reduce<typeof noTalk>(
      (so_far, message) => receive(so_far, message as NumberedMessage),
      noTalk,
    );
    return reduce(noView, { type: "talk", talk }).view;
  };
  const order = (from: View, ...inputs: Input[]): Order | undefined => {
    let step = { view: from, effects: [] as ReturnType<typeof reduce>["effects"] };
    for (const input of inputs) step = { ...step, ...reduce(step.view, input) };
    return step.effects.flatMap((effect) => (effect.do === "order" ? [effect.order] : []))[0];
  };

  test.each<[string, Order | undefined]>([
    ["send", order(view("talk"), { type: "draft", text: "Hi" }, { type: "send", c: "1" })],
    ["edit", order(view("talk"), { type: "edit", m: "u1" }, { type: "edit-send", c: "1" })],
    ["retry", order(view("talk"), { type: "retry", c: "1", m: "a3" })],
    ["stop", order(view("streaming"), { type: "stop", c: "1" })],
    ["new", order(view("ended"), { type: "new", c: "1" })],
    ["confirm", order(view("confirming"), { type: "confirm", c: "1", yes: true })],
    ["feedback", order(view("ended"), { type: "rate", c: "1", m: "a5", thumb: "up", words: "" })],
  ])("%s has exactly the fields that the kernel takes", (kind, made) => {
    expect(made?.do).toBe(kind);
    const command = { t: "command", c: "1", conversation: "c-1", ...made };
    expect(shapeOf(kind)).toContainEqual(keys(command));
  });
});
