/** Several views of one chat: each keeps its own place, draft and branch, and what is closed leaves nothing behind. */
import { afterEach, describe, expect, test, vi } from "vitest";
import type { Row } from "../src/core/wire";
import { baseChat, reply, running, user } from "./rows";
import { Stage, settle } from "./stage";

afterEach(() => document.body.replaceChildren());

const long = (turns: number): Row[] =>
  Array.from({ length: turns }, (_, at) => [
    user(`u${2 * at + 1}`, at ? `a${2 * at}` : null, "Q"),
    reply(`a${2 * at + 2}`, `u${2 * at + 1}`, "A"),
  ]).flat();

describe("each view for itself", () => {
  test("[fault 33] two read at places of their own, with drafts of their own, while the talk grows", () => {
    const stage = new Stage();
    const [early, late] = [stage.view(), stage.view()];
    stage.snapshot({ head: "a200" }, long(100));
    early.key("Home", {}, early.find(".cvd-scroller"));
    early.type("one draft");
    late.type("another");
    const read = early.messages;
    stage.say({ t: "rows", rows: [user("u201", "a200", "More"), reply("a202", "u201", "Yes")] });
    stage.say({ t: "chat", chat: baseChat({ head: "a202" }) });
    expect(early.messages).toEqual(read);
    expect(late.messages.at(-1)).toBe("a202");
    expect([early.field.value, late.field.value]).toEqual(["one draft", "another"]);
  });

  test("[fault 34] one looks at another branch while the first streams: nothing moves there, and nothing is lost", async () => {
    const stage = new Stage();
    const [watching, looking] = [stage.view(), stage.view()];
    stage.snapshot({ head: "u1", running: "a3" }, [
      user("u1", null, "Hi"),
      reply("a2", "u1", "The other branch"),
      running("a3", "u1"),
    ]);
    looking.press("Previous version", looking.message("a3"));
    expect(looking.messages).toEqual(["u1", "a2"]);
    const seen = looking.find(".cvd-list").innerHTML;
    for (const word of ["It ", "goes ", "on"]) stage.say({ t: "delta", m: "a3", d: [[0, "text", word]] });
    await settle(300);
    expect(looking.find(".cvd-list").innerHTML).toBe(seen);
    expect(watching.text('[data-m="a3"] .cvd-prose').trim()).toBe("It goes on");
    looking.press("Next version", looking.message("a2"));
    stage.say({ t: "rows", rows: [reply("a3", "u1", "It goes on.")] });
    await settle(300);
    expect(looking.text('[data-m="a3"] .cvd-prose').trim()).toBe("It goes on.");
  });
});

describe("[fault 36] shown again a hundred times", () => {
  /** What was added to the page and the window, and is still heard. */
  function ears(target: EventTarget): () => number {
    const kept: { signal: AbortSignal | undefined; removed: boolean; key: unknown[] }[] = [];
    const add = target.addEventListener.bind(target);
    const remove = target.removeEventListener.bind(target);
    vi.spyOn(target, "addEventListener").mockImplementation((type, listener, options) => {
      const signal = typeof options === "object" ? options?.signal : undefined;
      kept.push({ signal, removed: false, key: [type, listener] });
      add(type, listener, options);
    });
    vi.spyOn(target, "removeEventListener").mockImplementation((type, listener, options) => {
      for (const each of kept) if (each.key[0] === type && each.key[1] === listener) each.removed = true;
      remove(type, listener, options);
    });
    return () => kept.filter(({ signal, removed }) => !removed && !signal?.aborted).length;
  }

  test("no listener, element, timer of a closed view is left; the one that stays goes on", () => {
    const heard = [ears(document), ears(window)];
    const count = () => heard.map((each) => each());
    const stage = new Stage();
    const stays = stage.view();
    stage.snapshot({ head: "a2" }, long(1));
    const round = () => {
      const view = stage.view();
      view.type("a draft");
      view.close();
      view.el.remove();
    };
    round();
    const [listening, elements] = [count(), document.querySelectorAll("*").length];
    const sent = stage.transport.commands.length;
    for (let again = 0; again < 100; again++) round();
    expect(count()).toEqual(listening);
    expect(document.querySelectorAll("*").length).toBe(elements);
    expect([stage.transport.listeners, stage.transport.commands.length]).toEqual([1, sent]);
    stage.say({ t: "rows", rows: [user("u3", "a2", "Still here")] });
    stage.say({ t: "chat", chat: baseChat({ head: "u3" }) });
    expect(stays.messages).toEqual(["u1", "a2", "u3"]);
  });
});
