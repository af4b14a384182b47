import { describe, expect, test } from "vitest";
import kernel from "../../tests/fixtures/wire/kernel.json";
import { noTalk, receive } from "../src/core/talk";
import { type NumberedMessage, parseMessage } from "../src/core/wire";

/** Written by the kernel's own encoder (tests/panel/test_wire.py), so that the two languages cannot drift apart. */
describe("what the kernel encodes", () => {
  test.each(kernel.messages.map((message) => [message.t, message]))("%s is taken as it is", (_, message) => {
    expect(parseMessage(message)).toEqual(message);
  });

  test("makes a talk that is live", () => {
    const numbered = kernel.messages.flatMap((message) => ("n" in message ? [message as NumberedMessage] : []));
    const [snapshot, ...rest] = numbered.filter((message) => message.t !== "delta");
    const talk = [snapshot, ...rest].reduce<typeof noTalk>((so_far, message) => {
      const n = (so_far.n ?? 0) + 1;
      return message ? receive(so_far, { ...message, n } as NumberedMessage) : so_far;
    }, noTalk);
    expect([talk.sync, talk.rows.size]).toEqual(["live", (snapshot as { rows: unknown[] }).rows.length]);
  });
});
