import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type Answer, Inspecting } from "../src/core/inspecting";
import { FakeTransport } from "../src/core/transport";

function desk() {
  const transport = new FakeTransport();
  const life = new AbortController();
  onTestFinished(() => life.abort());
  const inspecting = new Inspecting(transport, life.signal);
  const asked = (call = 1) => {
    let answer: Answer | undefined;
    inspecting.ask("c-1", "a1", call).then((came) => {
      answer = came;
    });
    const c = transport.commands.at(-1)?.c ?? "";
    const come = async () => {
      await new Promise<void>((resolve) => setTimeout(resolve));
      return answer;
    };
    return { c, answer: come };
  };
  const part = (c: string, at: number, of: number, text: string) =>
    transport.fire({ t: "seen", c, part: at, parts: of, text });
  const over = (c: string, error: object | null = null) =>
    transport.fire({ t: "answer", c, ok: error === null, error, m: null });
  return { transport, life, asked, part, over };
}

const refusal = { code: "settings", what: "No.", advice: "", who: "you", retryable: false } as const;

describe("what the model saw", () => {
  test("comes in parts, and is whole with the answer", async () => {
    const { asked, part, over, transport } = desk();
    const { c, answer } = asked(2);
    expect(transport.commands).toEqual([
      { t: "command", c, conversation: "c-1", do: "inspect", message: "a1", call: 2 },
    ]);
    part(c, 2, 2, "world");
    part(c, 1, 2, "Hello ");
    expect(await answer()).toBeUndefined();
    over(c);
    expect(await answer()).toEqual({ text: "Hello world" });
  });

  test("is asked for again where a part was lost, and given up where that goes on", async () => {
    const { asked, part, over, transport } = desk();
    const { c, answer } = asked();
    part(c, 2, 2, "world");
    over(c);
    expect(transport.commands.map((command) => command.c)).toEqual([c, c]);
    part(c, 1, 2, "Hello ");
    over(c);
    expect(await answer()).toEqual({ text: "Hello world" });
    const lost = asked();
    for (let go = 0; go < 3; go++) over(lost.c);
    expect(await lost.answer()).toEqual({ error: null });
    expect(transport.commands).toHaveLength(5);
  });

  test("is asked for again after a while, for an answer may be lost too", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { asked, part, over, transport } = desk();
    const { c } = asked();
    vi.advanceTimersByTime(5_000);
    expect(transport.commands).toHaveLength(2);
    part(c, 1, 1, "x");
    over(c);
    vi.advanceTimersByTime(60_000);
    expect(transport.commands).toHaveLength(2);
  });

  test("is refused with the kernel's reason, or with none where there is no kernel", async () => {
    const { asked, over, transport } = desk();
    const { c, answer } = asked();
    over(c, { ...refusal, request_id: null, retry_after: null });
    expect(await answer()).toMatchObject({ error: { what: "No." } });
    transport.send = () => {
      throw new Error("no comm");
    };
    expect(await asked().answer()).toEqual({ error: null });
  });

  test("of another command is nobody's", async () => {
    const { asked, part, over } = desk();
    const { c, answer } = asked();
    part("other", 1, 1, "x");
    over("other");
    part(c, 1, 1, "mine");
    over(c);
    expect(await answer()).toEqual({ text: "mine" });
  });
});
