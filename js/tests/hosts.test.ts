/** Pages that the panel lives in: a shadow root, and a page that runs from the right. */
import { expect, onTestFinished, test } from "vitest";
import * as play from "../src/chunks/play";
import { chatOf } from "../src/dev/states";
import { mount } from "../src/panel";
import { reply, running, user } from "./rows";
import { Hands, Stage } from "./stage";

function within(root: ParentNode & Node, stage: Stage): Hands {
  const el = document.createElement("div");
  root.append(el);
  const life = new AbortController();
  mount({ transport: stage.transport, el, signal: life.signal, language: "en" });
  onTestFinished(() => life.abort());
  return new Hands(el, life);
}

function shadow(): ShadowRoot {
  const host = document.createElement("div");
  document.body.append(host);
  onTestFinished(() => host.remove());
  return host.attachShadow({ mode: "open" });
}

test("in a shadow root the style sheet is there, once for all panels in it", () => {
  const root = shadow();
  const stage = new Stage();
  within(root, stage);
  within(root, stage);
  expect(root.querySelectorAll("style[data-cvd-style]")).toHaveLength(1);
});

test("in a shadow root of their own the controls of two chats bring the sheets that they stand on", () => {
  const root = shadow();
  const el = document.createElement("div");
  root.append(el);
  const life = new AbortController();
  onTestFinished(() => life.abort());
  play.mount({ transport: new Stage().transport, el, signal: life.signal, language: "en" });
  const sheets = [...root.querySelectorAll("style[data-cvd-style]")].map((style) => style.textContent);
  expect(sheets).toEqual([expect.stringContaining("ground.css"), play.css]);
});

test("in a shadow root the lock keeps the focus and the draft, and Edit takes the focus along", () => {
  const root = shadow();
  const stage = new Stage();
  const hands = within(root, stage);
  const asked = user("u1", null, "Hi");
  stage.snapshot({ head: "u1", running: "a2" }, [asked, running("a2", "u1")]);
  hands.type("A draft");
  hands.field.focus();
  const ending = chatOf("ended").rows.at(-1)?.ending ?? null;
  stage.say({ t: "rows", rows: [reply("a2", "u1", "Bye", { tip: "ended", ending })] });
  stage.say({ t: "chat", chat: { ...chatOf("empty").chat, head: "a2", status: "ended" } });
  expect(root.activeElement).toBe(hands.field);
  expect([hands.field.value, hands.field.readOnly]).toEqual(["A draft", true]);
  hands.press("Edit an earlier message");
  expect(root.activeElement).toBe(hands.find(".cvd-editor textarea"));
});

test("English words run from the left on a page that runs from the right", () => {
  document.documentElement.dir = "rtl";
  onTestFinished(() => document.documentElement.removeAttribute("dir"));
  expect(new Stage().view().root.dir).toBe("ltr");
});
