/**
 * Formulas as MathML, which browsers lay out and screen readers read. KaTeX reads the source; what it makes is copied
 * name by name, so that nothing but known elements with known, bounded attributes comes into the page: no links, no
 * images, no styles, no colours that might be unreadable, nothing that reaches far out of its place.
 */
import katex from "katex";
import { lettersIn } from "./math/letters";

export { default as css } from "./math.css";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const SETTINGS = {
  output: "mathml",
  trust: false,
  strict: "ignore",
  throwOnError: true,
  maxSize: 12, // em
  maxExpand: 200,
} as const;
const LONGEST = 5_000; // characters
/** With macros of its own a short text becomes long; so there it must be shorter. */
const LONGEST_WITH_MACROS = 1_000;
const DEFINES = /\\(?:[gex]?def|(?:re)?newcommand|providecommand|let|futurelet)(?![A-Za-z])/;
const MOST = 3_000; // elements
const DEEPEST = 60;

const NAMES = new Set([
  ...["mtext", "mn", "mo", "mi", "mspace", "mover", "munder", "munderover", "msup", "msub", "msubsup", "mfrac"],
  ...["mroot", "msqrt", "mtable", "mtr", "mtd", "mrow", "mstyle", "mpadded", "mphantom"],
]);
const WORDS = new Set(["accent", "accentunder", "displaystyle", "fence", "largeop", "separator", "stretchy"]);
const LENGTHS = new Set(["lspace", "rspace", "minsize", "maxsize", "width", "height", "depth", "voffset"]);
/** In em, or what is about one: how far anything may reach. */
const FARTHEST: Record<string, number> = { em: 12, ex: 24, px: 180, pt: 140 };
const SHIFT = 2;

/** What stands in the way of a layout: too long, too deep, or no formula. */
export class NoFormula extends Error {}

function sound(name: string, value: string): boolean {
  if (WORDS.has(name)) return value === "true" || value === "false";
  if (name === "scriptlevel") return /^[+-]?[0-3]$/.test(value);
  if (name === "linethickness") return /^(?:0|0px|0em|0\.0\d*em)$/.test(value);
  const length = LENGTHS.has(name) ? /^([+-]?\d*\.?\d+)(em|ex|px|pt)$/.exec(value) : null;
  if (!length) return false;
  const [, number, unit] = length;
  const most = (FARTHEST[unit as string] as number) * (name === "voffset" ? SHIFT / 12 : 1);
  return Math.abs(Number(number)) <= most && (Number(number) >= 0 || name === "voffset" || name === "lspace");
}

class Copier {
  #left = MOST;

  copy(from: Node, depth = 0): Node | null {
    if (from.nodeType === Node.TEXT_NODE) return document.createTextNode(from.nodeValue ?? "");
    if (!(from instanceof Element)) return null;
    if (--this.#left < 0 || depth > DEEPEST) throw new NoFormula("too large");
    const name = from.localName;
    if (name === "annotation") return null;
    const to = document.createElementNS(MATHML, NAMES.has(name) ? name : "mrow");
    for (const { name: attribute, value } of from.attributes)
      if (sound(attribute, value)) to.setAttribute(attribute, value);
    for (const child of from.childNodes) {
      const copied = this.copy(child, depth + 1);
      if (copied) to.append(copied);
    }
    adapt(from, to);
    return to;
  }
}

/** What browsers do not know of MathML any more: alphabets, columns, boxes and strokes. */
function adapt(from: Element, to: Element): void {
  const variant = from.getAttribute("mathvariant");
  if (variant && ["mi", "mn", "mo", "mtext"].includes(to.localName)) {
    const text = to.textContent ?? "";
    const letters = lettersIn(variant, text);
    if (letters !== text) to.textContent = letters;
    else if (variant === "normal") to.setAttribute("mathvariant", "normal");
    else to.classList.add(`cvd-math-${variant.includes("bold") ? "bold" : "plain"}`);
  }
  if (from.localName === "mtable") layTable(from, to);
  for (const notation of (from.getAttribute("notation") ?? "").split(" "))
    if (/^(?:box|top|bottom|left|right|(?:updiagonal|downdiagonal|horizontal)strike)$/.test(notation))
      to.classList.add(`cvd-math-${notation}`);
}

const list = (from: Element, name: string): string[] => (from.getAttribute(name) ?? "").split(" ").filter(Boolean);

function layTable(from: Element, to: Element): void {
  const [sides, spaces] = [list(from, "columnalign"), list(from, "columnspacing")];
  const [columns, rows] = [list(from, "columnlines"), list(from, "rowlines")];
  [...to.children].forEach((row, down) => {
    [...row.children].forEach((cell, across) => {
      const side = sides[across] ?? sides.at(-1);
      if (side === "left" || side === "right") cell.classList.add(`cvd-math-to-${side}`);
      if (Number.parseFloat(spaces[across] ?? spaces.at(-1) ?? "1") === 0) cell.classList.add("cvd-math-tight");
      if ((columns[across] ?? "none") !== "none") cell.classList.add("cvd-math-line");
      if ((rows[down] ?? "none") !== "none") cell.classList.add("cvd-math-under");
    });
  });
}

/** The `math` element of a formula. Throws where there is none: the source can stand there instead. */
export function layOut(tex: string, display: boolean): Element {
  if (tex.length > (DEFINES.test(tex) ? LONGEST_WITH_MACROS : LONGEST)) throw new NoFormula("too long");
  const place = document.createElement("span");
  katex.render(tex, place, { ...SETTINGS, displayMode: display, macros: {} });
  const made = place.querySelector("semantics")?.firstElementChild;
  if (!made) throw new NoFormula("nothing came of it");
  const math = document.createElementNS(MATHML, "math");
  if (display) math.setAttribute("display", "block");
  math.append(new Copier().copy(made) as Node);
  return math;
}
