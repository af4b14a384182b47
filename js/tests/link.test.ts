import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { newId } from "../src/core/ids";
import { Link, type Listener } from "../src/core/link";
import type { Talk } from "../src/core/talk";
import { FakeTransport } from "../src/core/transport";
import type { Command } from "../src/core/wire";
import { baseChat, reply, running, user } from "./rows";
import { Stage } from "./stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Ear implements Listener {
  talks: Talk[] = [];
  answers: unknown[] = [];
  overdue: string[] = [];
  wishes: unknown[] = [];
  readonly life = new AbortController();
  readonly number: number;
  readonly link: Link;

  constructor(transport: Stage["transport"]) {
    this.link = Link.of(transport);
    this.number = this.link.join(this, this.life.signal);
  }

  onTalk(talk: Talk): void {
    this.talks.push(talk);
  }

  onAnswer(answer: unknown): void {
    this.answers.push(answer);
  }

  onPlay(wish: unknown): void {
    this.wishes.push(wish);
  }

  onOverdue(c: string): void {
    this.overdue.push(c);
  }
}

const talk = [user("u1", null, "Hi"), reply("a2", "u1", "Hello")];
const kinds = (commands: readonly Command[]) => commands.map((command) => command.do);

describe("asking", () => {
  test("one hello serves all views of a widget", () => {
    const stage = new Stage();
    const ears = [1, 2, 3, 4, 5].map(() => new Ear(stage.transport));
    stage.snapshot({ head: "a2" }, talk);
    expect(kinds(stage.transport.commands)).toEqual(["hello"]);
    expect(ears.map((ear) => ear.talks.length)).toEqual([1, 1, 1, 1, 1]);
    expect(ears.map((ear) => ear.number)).toEqual([0, 1, 2, 3, 4]);
  });

  test("asks again, ever more slowly, until the kernel answers", () => {
    const stage = new Stage();
    new Ear(stage.transport);
    vi.advanceTimersByTime(7_000);
    expect(kinds(stage.transport.commands)).toEqual(["hello", "hello", "hello"]);
    stage.snapshot({}, []);
    vi.advanceTimersByTime(120_000);
    expect(stage.transport.commands).toHaveLength(3);
  });

  test("[fault 37] a hole in the numbers asks for a resync once, and again if that is lost too", () => {
    const stage = new Stage();
    new Ear(stage.transport);
    stage.snapshot({ head: "a2" }, talk);
    stage.n = 7;
    stage.say({ t: "chat", chat: baseChat() });
    stage.say({ t: "chat", chat: baseChat() });
    expect(stage.sent("resync").map((command) => command.have)).toEqual([1]);
    vi.advanceTimersByTime(2_000);
    expect(stage.sent("resync")).toHaveLength(2);
  });

  test("[fault 38] asks when the last thing it heard of a running reply is long ago", () => {
    const stage = new Stage();
    const ear = new Ear(stage.transport);
    stage.snapshot({ head: "u1", running: "a2" }, [user("u1", null, "Hi"), running("a2", "u1")]);
    vi.advanceTimersByTime(15_000);
    expect(stage.sent("resync").map((command) => command.have)).toEqual([1]);
    vi.advanceTimersByTime(15_000);
    expect(stage.sent("resync")).toHaveLength(2);
    stage.snapshot({ head: "a2" }, talk);
    vi.advanceTimersByTime(600_000);
    expect(stage.sent("resync")).toHaveLength(2);
    expect(ear.talks.at(-1)?.rows.get("a2")?.state).toBe("settled");
  });

  test("[fault 38] asks when the network or the page comes back", () => {
    const stage = new Stage();
    new Ear(stage.transport);
    stage.snapshot({ head: "a2" }, talk);
    window.dispatchEvent(new Event("online"));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(stage.sent("resync")).toHaveLength(2);
  });
});

describe("pages of a long talk", () => {
  const page = (below: number, next: number | null) => ({ t: "page", conversation: "c1", below, rows: [], next });
  const begin = (stage: Stage, conversation = "c1") =>
    stage.say({ t: "snapshot", chat: baseChat({ conversation, head: "a2" }), rows: talk, below: 9 });

  test("are asked for one after another, until all is here", () => {
    const stage = new Stage();
    new Ear(stage.transport);
    begin(stage);
    expect(stage.sent("page").map(({ below, conversation }) => [below, conversation])).toEqual([[9, "c1"]]);
    stage.say({ t: "chat", chat: baseChat({ conversation: "c1" }) });
    expect(stage.sent("page")).toHaveLength(1);
    stage.transport.fire(page(9, 4));
    stage.transport.fire(page(9, 4));
    stage.transport.fire(page(4, null));
    vi.advanceTimersByTime(60_000);
    expect(stage.sent("page").map(({ below }) => below)).toEqual([9, 4]);
  });

  test("are shown when they are as many as what is shown already, or the last is here", () => {
    const stage = new Stage();
    const ear = new Ear(stage.transport);
    begin(stage);
    stage.transport.fire({ ...page(9, 8), rows: [user("u8", null, "Hi")] });
    expect([ear.talks.length, ear.link.talk.rows.size]).toEqual([1, 2]);
    stage.transport.fire({ ...page(8, 7), rows: [user("u7", null, "Hi")] });
    expect([ear.talks.length, ear.talks.at(-1)?.rows.size]).toEqual([2, 4]);
    stage.transport.fire({ ...page(7, null), rows: [user("u6", null, "Hi")] });
    expect([ear.talks.length, ear.talks.at(-1)?.rows.size]).toEqual([3, 5]);
  });

  test("[fault 37] one that is lost is asked for again", () => {
    const stage = new Stage();
    new Ear(stage.transport);
    begin(stage);
    vi.advanceTimersByTime(10_000);
    expect(stage.sent("page").map(({ below }) => below)).toEqual([9, 9, 9]);
  });

  test("of a conversation that is no longer shown are forgotten", () => {
    const stage = new Stage();
    const ear = new Ear(stage.transport);
    begin(stage);
    stage.snapshot({ conversation: "c2" }, []);
    stage.transport.fire(page(9, 4));
    vi.advanceTimersByTime(60_000);
    expect(stage.sent("page")).toHaveLength(1);
    begin(stage, "c3");
    ear.life.abort();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("commands", () => {
  test("[fault 41] an unanswered command is sent again under its own id and conversation, then told as overdue", () => {
    const stage = new Stage();
    const ear = new Ear(stage.transport);
    stage.snapshot({ conversation: "c1", head: "a2" }, talk);
    ear.link.order(ear, "one", { do: "send", parent: "a2", text: "Hi" });
    stage.snapshot({ conversation: "c2" }, []);
    vi.advanceTimersByTime(60_000);
    const sent = stage.sent("send");
    expect(sent).toHaveLength(4);
    expect(new Set(sent.map(({ c, conversation }) => `${c} ${conversation}`))).toEqual(new Set(["one c1"]));
    expect(ear.overdue).toEqual(["one"]);
  });

  test("an answer ends the waiting", () => {
    const stage = new Stage();
    const ear = new Ear(stage.transport);
    ear.link.order(ear, "one", { do: "stop" });
    stage.answer({ ...stage.sent("stop")[0] } as Command);
    vi.advanceTimersByTime(60_000);
    expect([stage.sent("stop").length, ear.overdue.length, ear.answers.length]).toEqual([1, 0, 1]);
  });

  test("[fault 39] without a kernel a command is refused in words, and the text can go back", async () => {
    const stage = new Stage();
    vi.spyOn(console, "warn").mockImplementation(() => {});
    vi.spyOn(stage.transport, "send").mockImplementation(() => {
      throw new Error("comm is disposed");
    });
    const ear = new Ear(stage.transport);
    ear.link.order(ear, "one", { do: "send", parent: null, text: "Hi" });
    await Promise.resolve();
    expect(ear.answers).toMatchObject([{ c: "one", ok: false, error: { code: "unreachable" } }]);
  });

  test("ids are UUIDs of version 4, also where pages are served over plain http", () => {
    expect(newId()).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    expect(new Set(Array.from({ length: 100 }, newId)).size).toBe(100);
  });
});

describe("[fault 36] views come and go", () => {
  test("after the last one the link is silent and holds nothing", () => {
    const transport = new FakeTransport();
    for (let round = 0; round < 100; round++) {
      const ears = [new Ear(transport), new Ear(transport)];
      expect(transport.listeners).toBe(1);
      for (const ear of ears) ear.life.abort();
      expect(transport.listeners).toBe(0);
    }
    expect(vi.getTimerCount()).toBe(0);
  });

  test("with one closed, another one speaks, and its number is free again", () => {
    const stage = new Stage();
    const [first, second] = [new Ear(stage.transport), new Ear(stage.transport)];
    expect(first.link.speaker).toBe(first);
    second.link.order(second, "one", { do: "stop" });
    expect(first.link.speaker).toBe(second);
    second.life.abort();
    expect(first.link.speaker).toBe(first);
    expect(new Ear(stage.transport).number).toBe(1);
  });
});
