/** Nothing rendered from text can run, load or pass for a control: the corpus, a fuzz, and each line of defence alone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import type * as Links from "../src/core/links";
import { format, formatAnyway, Growing, type Piece, setHtml } from "../src/core/markdown";
import type { Prose } from "../src/core/view/prose";
import { cases } from "./attack/cases";
import { dressed } from "./attack/dressed";
import { inText } from "./attack/inert";

const words = { image: (host: string) => `image at ${host}` };

function draw(pieces: readonly Piece[] | null): HTMLElement {
  const el = document.createElement("div");
  for (const piece of pieces ?? []) {
    const block = document.createElement("div");
    setHtml(block, piece);
    el.append(...block.childNodes);
  }
  return el;
}

/** What is wrong with a text, formatted in each way; and with the text as if it were HTML that the parser let through. */
function offences(text: string): string[] {
  const ways = [format(text, words), formatAnyway(text, words), new Growing(words).pieces(text)];
  return [...ways, [{ html: text, codes: [], formulas: [] }]].flatMap((pieces) => inText(draw(pieces)));
}

describe("[fault 42] [fault 43] [fault 44] [fault 45] [fault 47] [fault 48] every attack is inert", () => {
  test.each([...new Set(cases.map(({ family }) => family))].filter((family) => family !== "heavy"))("%s", (family) => {
    const found = cases
      .filter((each) => each.family === family)
      .flatMap(({ name, text }) => offences(text).map((wrong) => `${name}: ${wrong}`))
      // what the sanitiser leaves of HTML that no parser made may lack its place or its direction
      .filter((wrong) => !/<(h[1-3]|p|li|blockquote|h[4-6]|td|th|table)>$/.test(wrong));
    expect(found).toEqual([]);
    expect(cases.filter((each) => each.family === family).length).toBeGreaterThanOrEqual(40);
  });

  test.each(["html", "markdown", "maths", "schemes"])(
    "%s, with formulas laid out and code coloured",
    async (family) => {
      const chosen = cases.filter((each) => each.family === family && each.text.length < 5_000);
      const place = document.body.appendChild(document.createElement("div"));
      const texts = chosen.map(({ text }) => text);
      const { formulas, tokens, offences } = await dressed(texts, place);
      place.remove();
      expect(offences.flatMap((each, n) => each.map((wrong) => `${chosen[n]?.name}: ${wrong}`))).toEqual([]);
      if (family === "maths") expect(formulas).toBeGreaterThan(30);
      if (family === "markdown") expect(tokens).toBeGreaterThan(10);
    },
    60_000,
  );

  test("there are more than 300, each with a name of its own", () => {
    expect(cases.length).toBeGreaterThan(300);
    expect(new Set(cases.map(({ family, name }) => `${family}: ${name}`)).size).toBe(cases.length);
    expect(new Set(cases.map(({ text }) => text)).size).toBe(cases.length);
  });
});

/** Pseudo-random numbers below `most`, the same for the same seed (mulberry32). */
function dice(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  };
}

const fragments = [
  ..."<>[]()!&#;:/'\"`*_|-~\\ \n\t=.{}^",
  ...[
    "$",
    "\n\n",
    "  ",
    "    ",
    "](",
    "![",
    "```",
    "$$",
    "<a ",
    "<!--",
    "-->",
    "</",
    "&lt;",
    "&#x3c;",
    "&Tab;",
    "> ",
    "- ",
    "1. ",
  ],
  ...["javascript:", "data:text/html,", "https://example.com/", "mailto:a@example.com", "//example.com", "\\\\"],
  ...[
    "<script>",
    "</script>",
    "<img src=x ",
    "onerror=",
    "<svg>",
    "<math>",
    "<style>",
    "<template>",
    "<table><tr>",
    "<p ",
  ],
  ...[
    "id=",
    "class=cvd-ended ",
    "style=position:fixed ",
    "href=",
    "data-commandlinker-command=",
    "[x]: ",
    "window.spoilt=1",
  ],
  ...["\u202e", "\u2069", "\u200b", "\0", "\ud800", "\u2028", "\u00a0", "|a|\n|-|\n", "# ", "\\href{", "}", "word"],
];

/** Half of a case, between pieces of Markdown and of HTML. */
function hostileText(seed: number): string {
  const roll = dice(seed);
  const some = () => Array.from({ length: roll(12) }, () => fragments[roll(fragments.length)]).join("");
  const text = cases[roll(cases.length)]?.text.slice(0, 400) ?? "";
  return some() + text.slice(0, roll(text.length + 1)) + some() + text.slice(roll(text.length + 1)) + some();
}

describe("[fault 42] [fault 43] a fuzz of the renderer", () => {
  const { SEED = "1", ROUNDS = "300" } = process.env; // more of both: SEED=1000 ROUNDS=5000
  const [first, rounds] = [Number(SEED), Number(ROUNDS)];
  test(`finds nothing but what is allowed, from seed ${first} on`, () => {
    for (let seed = first; seed < first + rounds; seed++) {
      const text = hostileText(seed);
      const ways = [formatAnyway(text, words), new Growing(words).pieces(text)];
      for (const pieces of ways) expect(inText(draw(pieces)), `SEED=${seed}: ${JSON.stringify(text)}`).toEqual([]);
    }
    expect((window as { spoilt?: number }).spoilt).toBeUndefined();
  }, 180_000);
});

describe("[fault 43] the scheme is checked by the parser, by the sanitiser and by the click", () => {
  const bad = "javascript:window.spoilt=1";
  afterEach(() => vi.doUnmock("../src/core/links"));

  /** The panel's own modules, with a rule that lets everything pass for whoever asks in this line of defence. */
  async function without(...open: ("parser" | "sanitiser" | "click")[]) {
    vi.resetModules();
    vi.doMock("../src/core/links", async (actual) => {
      const links = await actual<typeof Links>();
      return { ...links, safeHref: (href: string | null) => (letPass() ? href : links.safeHref(href)) };
    });
    const letPass = () => open.some((line) => places[line].test(new Error().stack ?? ""));
    const markdown = await import("../src/core/markdown");
    const { Prose } = await import("../src/core/view/prose");
    return { markdown, Prose };
  }
  const places = { parser: /validateLink/, sanitiser: /[\\/]dompurify[\\/]/, click: /keepUnsafeShut/ };

  const linkIn = (setHtml: (el: HTMLElement, piece: Piece) => void, html: string) => {
    const el = document.createElement("div");
    setHtml(el, { html, codes: [], formulas: [] });
    return el.querySelector("a");
  };
  const htmlOf = (pieces: readonly Piece[] | null) => (pieces ?? []).map((piece) => piece.html).join("");

  /** Whether a click on a link that got into the text all the same would open it. */
  function opens(Shown: typeof Prose, type: string): boolean {
    const prose = new Shown({ strings: words, grown: () => {} } as never);
    const link = document.createElement("a");
    link.href = bad;
    prose.element.append(link);
    const event = new MouseEvent(type, { bubbles: true, cancelable: true });
    // whether it is prevented is asked once all have heard it, and then it is
    let opened = false;
    document.body.append(prose.element);
    document.body.addEventListener(
      type,
      (heard) => {
        opened = !heard.defaultPrevented;
        heard.preventDefault();
      },
      { once: true },
    );
    link.dispatchEvent(event);
    prose.element.remove();
    return opened;
  }

  test.each([
    ["no line", []],
    ["the parser", ["parser"]],
    ["the sanitiser", ["sanitiser"]],
    ["the click", ["click"]],
  ] as const)("with %s taken away the others hold", async (_, open) => {
    const { markdown, Prose } = await without(...open);
    const removed = new Set<string>(open);
    const parsed = htmlOf(markdown.format(`[x](${bad})`, words));
    expect(parsed.includes("<a ")).toBe(removed.has("parser"));
    const link = linkIn(markdown.setHtml, `<a href="${bad}">x</a>`);
    if (!removed.has("sanitiser")) expect(link?.hasAttribute("href")).toBe(false);
    expect(linkIn(markdown.setHtml, parsed)?.hasAttribute("href") ?? false).toBe(false);
    for (const type of ["click", "auxclick"]) expect(opens(Prose, type)).toBe(removed.has("click"));
  });
});

describe("[fault 42] text becomes elements at one door", () => {
  const root = join(import.meta.dirname, "..", "..");
  const filesBelow = (folder: string): string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`);
  const withoutComments = (code: string) => code.replace(/\/\*[\s\S]*?\*\/|(?<![:"'])\/\/.*$/gm, "");
  const SINKS =
    /\.(?:inner|outer)HTML\s*[+=]|insertAdjacentHTML|setHTMLUnsafe|\bsetHTML\(|document\.write|\beval\(|new Function|DOMParser|createContextualFragment|\bsrcdoc\b|parseHTMLUnsafe|setTimeout\(\s*["'`]|\.on(?!click)[a-z]+\s*=[^=>]|createElement\(\s*["'`](?:script|iframe|object|embed)/;

  test("which no other source of the panel has", () => {
    const sources = filesBelow("js/src").filter((file) => file.endsWith(".ts"));
    expect(sources.length).toBeGreaterThan(40);
    const found = sources.filter((file) => SINKS.test(withoutComments(readFileSync(join(root, file), "utf8"))));
    expect(found).toEqual([]);
  });

  test("and HTML is sanitised nowhere else", () => {
    const sources = filesBelow("js/src").filter((file) => file.endsWith(".ts"));
    const using = sources.filter((file) => /\.sanitize\(/.test(readFileSync(join(root, file), "utf8")));
    expect(using.sort()).toEqual(["js/src/core/entities.ts", "js/src/core/markdown.ts"]);
  });

  test("and Python makes no script", () => {
    const sources = filesBelow("convend_widget").filter((file) => file.endsWith(".py"));
    const found = sources.filter((file) =>
      /<script|javascript:|application\/javascript|\bJavascript\(/i.test(readFileSync(join(root, file), "utf8")),
    );
    expect(found).toEqual([]);
  });

  test.each([
    "el.innerHTML = text",
    "el.outerHTML+=text",
    "eval(text)",
    "new Function(text)",
    "new DOMParser()",
    'document.createElement("script")',
    "el.onload = run",
  ])("the search finds %s", (code) => expect(SINKS.test(code)).toBe(true));
});
