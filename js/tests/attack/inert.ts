/**
 * What may be in the page, written down apart from the code that makes it: every tag, attribute and class that text of
 * a model may become. Whatever else is found is an offence, told in words. Runs in jsdom and in a browser.
 */

type Rules = Record<string, Record<string, RegExp>>;

const direction = { dir: /^auto$/ };
const words = /^[\s\S]*$/;
const link = {
  href: /^(?:https?:\/\/[^/\s]|mailto:)[^\s"<>]*$/i,
  title: words,
  target: /^_blank$/,
  rel: /^noopener noreferrer$/,
};
const button = { type: /^button$/, class: /^cvd-button cvd-quiet$/, "aria-label": /^Copy code$/, title: /^Copy code$/ };
const group = { role: /^group$/, tabindex: /^0$/ };

/** What Markdown may become. */
const text: Rules = {
  p: direction,
  ...{ br: {}, hr: {}, strong: {}, em: {}, s: {}, del: {}, code: {}, ul: {}, li: direction, blockquote: direction },
  ol: { start: /^\d{1,9}$/ },
  ...{ h4: direction, h5: direction, h6: direction },
  ...{ table: {}, thead: {}, tbody: {}, tr: {} },
  ...{ th: { ...direction, align: /^(left|right|center)$/ }, td: { ...direction, align: /^(left|right|center)$/ } },
  pre: { ...group, "aria-label": /^Code(: [\s\S]{1,25})?$/ },
  a: link,
  var: {}, // a formula as it was written, before the panel lays it out
};

/** What the panel puts around it: a piece, a table that scrolls, code with a button, text that is shown plain. */
const frame: Record<string, Rules[string]> = {
  "cvd-piece": {},
  "cvd-table": { ...group, "aria-label": /^Table$/ },
  "cvd-code": { dir: /^ltr$/ },
  "cvd-code-bar": {},
  "cvd-code-name": {},
  "cvd-button cvd-quiet": button,
  "cvd-icon cvd-icon-copy": { viewBox: /^0 0 16 16$/, "aria-hidden": /^true$/ },
  "cvd-math": {
    ...{ ...group, dir: /^ltr$/, title: words, "aria-label": /^Formula$/ },
    ...{ "data-display": /^$/, "data-long": /^$/ },
  },
  "cvd-plain": direction,
  "cvd-aside": {},
  "cvd-button cvd-text-button": { type: /^button$/, "aria-expanded": /^(true|false)$/ },
};
const framed = /^(div|span|button|svg|p)$/;
/** Without a class: the parts of a button and of a fold. */
const bare: Rules = { path: { d: /^[MmLlHhVvAaCcZz0-9 .-]+$/ }, span: {}, div: {} };

/** A formula that was laid out: lengths are short, and nothing has a colour, a style or an address. */
const MATHML = "http://www.w3.org/1998/Math/MathML";
const mathNames = new Set([
  ...["math", "mtext", "mn", "mo", "mi", "mspace", "mover", "munder", "munderover", "msup", "msub", "msubsup", "mfrac"],
  ...["mroot", "msqrt", "mtable", "mtr", "mtd", "mrow", "mstyle", "mpadded", "mphantom"],
]);
const [truth, length] = [/^(true|false)$/, /^[+-]?\d{0,3}(\.\d+)?(em|ex|px|pt)$/];
const math: Rules[string] = {
  ...{ accent: truth, accentunder: truth, displaystyle: truth, fence: truth, largeop: truth, separator: truth },
  ...{ stretchy: truth, display: /^block$/, mathvariant: /^normal$/, scriptlevel: /^[+-]?[0-3]$/ },
  ...{ depth: length, height: length, linethickness: /^0/, lspace: length, maxsize: length, minsize: length },
  ...{ rspace: length, voffset: length, width: length, class: /^cvd-math-[a-z]+(-[a-z]+)*( cvd-math-[a-z-]+)*$/ },
};

function mathOffences(element: Element): string[] {
  if (!mathNames.has(element.localName)) return [`<${element.localName}> in a formula`];
  return [...element.attributes]
    .filter(({ name, value }) => !math[name]?.test(value))
    .map(({ name, value }) => `<${element.localName} ${name}=${JSON.stringify(value.slice(0, 80))}> in a formula`);
}

function offencesOf(element: Element): string[] {
  const tag = element.localName;
  const kind = element.getAttribute("class");
  if (element.namespaceURI === MATHML && element.closest(".cvd-math")) return mathOffences(element);
  if (tag === "span" && /^cvd-token-[a-z]+$/.test(kind ?? "") && element.attributes.length === 1) return [];
  const rules = kind === null ? (text[tag] ?? bare[tag]) : framed.test(tag) ? frame[kind] : undefined;
  const name = kind === null ? tag : `${tag}.${kind}`;
  if (!rules) return [`<${name}>`];
  const wrong = [...element.attributes]
    .filter((attribute) => attribute.name !== "class" && !rules[attribute.name]?.test(attribute.value))
    .map((attribute) => `<${name} ${attribute.name}=${JSON.stringify(attribute.value.slice(0, 80))}>`);
  if (tag === "a" && element.hasAttribute("href") && element.attributes.length !== 4)
    wrong.push(`<${name}> half a link`);
  return wrong;
}

/** What should not be in a formatted text. */
export const inText = (root: Element): string[] => [...root.querySelectorAll("*")].flatMap(offencesOf);

/** Where the panel shows text of a message: its elements may differ from text to text. */
const SAID = ".cvd-prose, .cvd-said-slot";
/** These hold words; all other attributes hold what the panel's own code chose. */
const WORDED = new Set(["aria-label", "title", "placeholder", "data-m"]);
const fieldsOnly = new Set(["style", "dir"]);

function outline(element: Element): string {
  const attributes = [...element.attributes]
    .filter(({ name }) => !(element.localName === "textarea" && fieldsOnly.has(name)))
    .map(({ name, value }) => {
      const shown = name === "class" ? value.replace(/ ?cvd-long/, "") : value.replace(/\d+/g, "N");
      return WORDED.has(name) ? name : `${name}=${shown}`;
    });
  return `${element.localName} ${attributes.sort().join(" ")}`;
}

/** Every element of the panel but those of a message's text, with all that the panel's own code decides about it. */
export function outlines(root: Element): string[] {
  const all = [...root.querySelectorAll("*")];
  return all.filter((element) => !element.parentElement?.closest(SAID)).map(outline);
}

/** What a panel holds that it would not hold with harmless words in every place. */
export function inPanel(root: Element, harmless: readonly string[]): string[] {
  const found = outlines(root);
  const at = found.findIndex((line, index) => line !== harmless[index]);
  const wrong = at < 0 && found.length === harmless.length ? [] : [`${found[at] ?? "nothing"}, not ${harmless[at]}`];
  for (const prose of root.querySelectorAll(".cvd-prose")) wrong.push(...inText(prose));
  for (const fold of root.querySelectorAll(".cvd-said-slot *"))
    if (!fold.matches("div:not([class], [id]), .cvd-said[dir=auto], .cvd-text-button, .cvd-text-button > span"))
      wrong.push(`in what the person said: <${fold.localName}>`);
  if (/\[object |\[native code\]/.test(root.textContent ?? "")) wrong.push("words from the prototype");
  return wrong;
}

/** What the links that are left would open, but for what is in a new tab and on the web or a mail. */
export function clickLinks(root: Element, links: string): string[] {
  const wrong: string[] = [];
  const catches = (event: Event) => {
    const link = (event.target as Element).closest("a");
    if (!event.defaultPrevented && !/^(https?|mailto):/.test(link?.href ?? "")) wrong.push(`opens ${link?.href}`);
    event.preventDefault();
  };
  document.addEventListener("click", catches);
  for (const link of root.querySelectorAll<HTMLElement>(links)) link.click();
  document.removeEventListener("click", catches);
  return wrong;
}

/** The saved transcript has no script and no style of ours: plain tags, and links as the notebook opens them. */
const savedLink: Rules[string] = { href: link.href, rel: /^[a-z ]*noopener[a-z ]*$/, target: /^_blank$/ };
const noLink: Rules[string] = { rel: words, target: /^_self$/ };
const inTranscript: Rules = {
  ...text,
  ...{ details: {}, summary: {}, bdi: {}, small: {}, pre: direction, a: savedLink },
  h4: { class: /^jp-toc-ignore$/ }, // of each message: the table of contents leaves it out
  span: { class: /^numbering-entry$/ }, // the notebook's own, for numbers of headings
};

/** What should not be in a saved transcript, as the notebook shows it. */
export const inSaved = (root: Element): string[] =>
  [...root.querySelectorAll("*")].flatMap((element) => {
    const tag = element.localName;
    const rules = tag === "a" && !element.hasAttribute("href") ? noLink : inTranscript[tag];
    if (!rules || (tag === "span" && element.textContent)) return [`<${tag}>`];
    return [...element.attributes]
      .filter(({ name, value }) => !rules[name]?.test(value))
      .map(({ name, value }) => `<${tag} ${name}=${JSON.stringify(value.slice(0, 80))}>`);
  });
