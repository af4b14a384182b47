/** What the browser's tests load: every attack in every field of a panel, and what came of it. */
import { formatAnyway, setHtml } from "../../src/core/markdown";
import { english } from "../../src/core/strings";
import { cases } from "./cases";
import { dressed } from "./dressed";
import { Everywhere } from "./everywhere";
import { clickLinks, inPanel, inText, outlines } from "./inert";

const harmless = "Harmless.";
/** What the person typed stands in a text field, which the browser lays out whole: that is no attack on anybody. */
const typed = new Set(["said", "draft", "feedback"]);
const MOST_TYPED = 3_000;

/** Attacks of these families against every field: how many, which fields were seen in the page, what was wrong. */
function everywhere(families: readonly string[]): { cases: number; seen: string[]; offences: string[] } {
  const el = document.createElement("main");
  document.body.append(el);
  const life = new AbortController();
  const panel = new Everywhere(el, life.signal);
  const seen = fieldsSeen(panel); // and what had the focus once is marked from then on
  const expected: string[][] = [];
  const fill = () => harmless;
  panel.show(fill, () => expected.push(outlines(panel.root)));
  const chosen = cases.filter(({ family }) => families.includes(family));
  const offences = chosen.flatMap(({ family, name, text }) => {
    const wrong: string[] = [];
    let looks = 0;
    panel.show(
      (field) => (typed.has(field) ? text.slice(-MOST_TYPED) : text),
      () => wrong.push(...inPanel(panel.root, expected[looks++] ?? [])),
    );
    wrong.push(...clickLinks(panel.root, ".cvd-prose a[href]"));
    return [...new Set(wrong)].map((each) => `${family}, ${name}: ${each}`);
  });
  life.abort();
  el.remove();
  return { cases: chosen.length, seen, offences };
}

/** The fields whose text reaches the page: as text, as an attribute or in a text field. */
function fieldsSeen(panel: Everywhere): string[] {
  const fields = new Set<string>();
  let page = "";
  const name = (field: string) => {
    fields.add(field);
    return `[${field}]`;
  };
  panel.show(name, () => {
    const typed = [...panel.root.querySelectorAll("textarea")].map((field) => field.value);
    page += panel.root.outerHTML + typed.join(" ");
  });
  return [...fields].filter((field) => page.includes(`[${field}]`)).sort();
}

/** Texts as the panel formats them when it is asked to, whatever it takes. */
function formatted(texts: readonly string[]): string[] {
  const { strings } = english;
  return texts.flatMap((text) => {
    const el = document.createElement("div");
    document.body.append(el);
    for (const piece of formatAnyway(text, strings) ?? [])
      setHtml(el.appendChild(document.createElement("div")), piece);
    for (const piece of el.children) piece.setAttribute("class", "cvd-piece");
    const wrong = inText(el);
    el.remove();
    return wrong.map((each) => `${JSON.stringify(text)}: ${each}`);
  });
}

/** The attacks of a family with formulas laid out and code coloured, in a panel's own styles. */
async function laidOut(family: string): Promise<{ formulas: number; tokens: number; offences: string[] }> {
  const el = document.createElement("main");
  document.body.append(el);
  const life = new AbortController();
  const panel = new Everywhere(el, life.signal);
  const chosen = cases.filter((each) => each.family === family);
  const place = document.createElement("div");
  panel.root.append(place);
  const { offences, ...found } = await dressed(
    chosen.map(({ text }) => text),
    place,
  );
  life.abort();
  el.remove();
  return { ...found, offences: offences.flatMap((each, n) => each.map((wrong) => `${chosen[n]?.name}: ${wrong}`)) };
}

Object.assign(window, {
  attack: { laidOut, everywhere, formatted, cases, families: [...new Set(cases.map((c) => c.family))] },
});
