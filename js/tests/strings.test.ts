import { describe, expect, test, vi } from "vitest";
import { strings as de } from "../src/chunks/de";
import { directionOfLanguage, formatsFor } from "../src/core/formats";
import { catalogueOf, englishFor } from "../src/core/languages";
import { english } from "../src/core/strings";
import { errorWords, noteWords, noticeWords, storedWords } from "../src/core/words";
import { chatOf } from "../src/dev/states";
import { reply } from "./rows";
import { type Hands, offer, Stage, settle } from "./stage";

const en = english.strings;

const inGerman = async (): Promise<[Stage, Hands]> => {
  offer("de", { strings: de });
  const stage = new Stage();
  const hands = stage.view("de-AT");
  await settle(0);
  return [stage, hands];
};

describe("a language", () => {
  test.each([
    ["de", "de"],
    ["de-AT", "de"],
    ["DE-ch", "de"],
    ["en-GB", null],
    ["tlh-x", null],
    ["", null],
    ["constructor", null],
  ])("%j is asked for as %s", (tag, catalogue) => expect(catalogueOf(tag)).toBe(catalogue));

  test("has words for every code that English has words for", () => {
    for (const [name, words] of Object.entries(en)) {
      if (typeof words !== "object") continue;
      const known = Object.keys(de[name as keyof typeof de]);
      expect(known, name).toEqual(expect.arrayContaining(Object.keys(words)));
    }
  });

  test("writes numbers and times its own way; a tag that is none does no harm", () => {
    expect(formatsFor("de").number(12_345)).toBe("12.345");
    expect(formatsFor("en").number(12_345)).toBe("12,345");
    expect(formatsFor("en-US").time(0)).toMatch(/[AP]M$/);
    expect(formatsFor("x_y z").number(1)).toBe("1");
    expect([englishFor("en-GB").language, englishFor("fr").language]).toEqual(["en-GB", "en"]);
  });

  test.each([
    ["en", "ltr"],
    ["de-AT", "ltr"],
    ["he-IL", "rtl"],
    ["ar", "rtl"],
    ["arn", "ltr"],
  ])("%s runs %s, whatever the page around the panel does", (tag, direction) =>
    expect(directionOfLanguage(tag)).toBe(direction),
  );

  test("is said on the panel", async () => {
    const [, hands] = await inGerman();
    expect([hands.root.lang, hands.root.dir]).toEqual(["de-AT", "ltr"]);
    expect(hands.text(".cvd-empty")).toContain("wird geöffnet");
  });

  test("is not asked for where nobody wants it", () => {
    const stage = new Stage();
    stage.view("en-GB");
    expect(stage.sent("chunk")).toEqual([]);
  });

  test("that does not come leaves the panel in English rather than closed", async () => {
    vi.useFakeTimers();
    const stage = new Stage();
    const hands = stage.view("de");
    expect(hands.has(".cvd-root")).toBe(false);
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    expect(stage.sent("chunk")[0]).toMatchObject({ name: "de" });
    expect([hands.root.lang, hands.field.placeholder]).toEqual(["en", "Write a message"]);
  });

  test("reaches every label: the whole panel at an ending has no English word of its own", async () => {
    const [stage, hands] = await inGerman();
    stage.fixture("ended");
    hands.find(".cvd-reason").remove(); // the model's own words
    const labels = [...hands.el.querySelectorAll("[aria-label], [title], [placeholder]")].flatMap((element) =>
      ["aria-label", "title", "placeholder"].map((name) => element.getAttribute(name) ?? ""),
    );
    const said = [hands.text(".cvd-ended"), hands.text(".cvd-last"), hands.text(".cvd-bar"), ...labels].join(" ");
    expect(said).toContain("Das Modell hat dieses Gespräch beendet");
    expect(said).not.toMatch(/\b(the|this|message|send|edit|retry|policy|conversation|chat with|warned)\b/i);
  });
});

describe("what the kernel names by a code", () => {
  const error = { code: "overloaded", what: "The model at x is busy (HTTP 529).", advice: "Retry.", who: "model" };
  const full = { ...error, retryable: true, request_id: null, retry_after: null };

  test("is said in the panel's language, with the kernel's English beside it", () => {
    expect(errorWords(de, full)).toEqual({
      what: "Das Modell ist ausgelastet.",
      advice: expect.stringContaining("Gleich nochmal"),
      original: "The model at x is busy (HTTP 529).",
    });
    expect(errorWords(en, full)).toEqual({ what: full.what, advice: "Retry.", original: "" });
    expect(noticeWords(de, { code: "not_saved", text: "Not saved: disk." })).toEqual([
      expect.stringContaining("Nicht gespeichert"),
      "Not saved: disk.",
    ]);
    expect(storedWords(de, { path: "~/x.db", writable: true })).toBe("Chats werden in ~/x.db gespeichert");
  });

  test.each(["brand_new", "toString", "__proto__"])("is shown as it came where it is not known: %s", (code) => {
    expect(errorWords(de, { ...full, code })).toEqual({ what: full.what, advice: "Retry.", original: "" });
    expect(noticeWords(de, { code, text: "Text." })).toEqual(["Text.", ""]);
    expect(noteWords(de, reply("a2", "u1", "x", { note: code }))).toEqual([code, ""]);
    expect(noteWords(en, reply("a2", "u1", "x", { note: code, state: "stopped" }))).toEqual([code, ""]);
  });

  test("a stop reason that nobody knows is named", () => {
    const row = reply("a2", "u1", "x", { note: "stopped: moonrise" });
    expect(noteWords(en, row)?.[0]).toContain("moonrise");
    expect(noteWords(de, row)?.[0]).toContain("moonrise");
  });

  test("a chat that is read only, or in memory, says so", () => {
    expect(storedWords(en, chatOf("empty").chat.stored)).toBe("Chats are in memory, not saved");
    expect(storedWords(en, { path: "/a.db", writable: false })).toContain("not saved");
  });
});
