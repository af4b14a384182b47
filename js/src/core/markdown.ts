/**
 * Markdown of a model to HTML that can neither run, nor load, nor pass for a control of the panel.
 *
 * markdown-it without HTML, then `setHtml`, the only place of the whole panel where text becomes elements: DOMPurify
 * makes them, with a list of what is allowed, and no text of theirs is ever parsed again. So the panel goes with a page
 * that demands trusted types. Text that would take long to format gives `null`: the caller shows it plain.
 */
import DOMPurify from "dompurify";
import MarkdownIt, { type Env, type StateCore, type Token } from "markdown-it";
import { type Formula, findFormulas, formulasOf } from "./formulas";
import { hostOf, safeHref } from "./links";

export interface Code {
  readonly language: string;
  readonly text: string;
}

/** One block at the top level: HTML that only `setHtml` may show, and what stands in its `pre` and `var` elements. */
export interface Piece {
  readonly html: string;
  readonly codes: readonly Code[];
  readonly formulas: readonly Formula[];
}

export interface Words {
  /** What stands in place of a remote image. */
  image(host: string): string;
}

const MOST_CHARACTERS = 200_000;
/** Marks are what costs: `*a_` 20,000 times is only 60 kB. */
const MOST_MARKS = 20_000;
const MOST_MARKS_IN_A_LINE = 4_000;
const MOST_TOKENS = 20_000;
const DEEPEST = 60;

const ALLOWED = {
  ALLOWED_TAGS: [
    ...["p", "br", "strong", "em", "s", "del", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "a", "var"],
    ...["h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"],
  ],
  ALLOWED_ATTR: ["href", "start", "align", "dir"],
  ADD_URI_SAFE_ATTR: ["start", "align", "dir"], // DOMPurify takes what it does not know for an address
  ALLOWED_URI_REGEXP: /^(?:https?|mailto):/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  SANITIZE_NAMED_PROPS: true,
  RETURN_DOM_FRAGMENT: true as const, // HTML that was made harmless can turn harmful when it is parsed a second time
};

const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: DEEPEST + 10 });
parser.validateLink = (url) => safeHref(url) !== null;
parser.core.ruler.push("convend", prepare);
findFormulas(parser);

const sanitiser = DOMPurify(window);
sanitiser.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName !== "A") return node.removeAttribute("href"); // of other elements it is none of Markdown
  const href = safeHref(node.getAttribute("href"));
  for (const name of node.getAttributeNames()) node.removeAttribute(name);
  if (href === null) return;
  const attributes = { href, title: href, target: "_blank", rel: "noopener noreferrer" };
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
});

/** Each block takes its direction from its own text; headings rank below those of the panel; images become links. */
function prepare(state: StateCore): void {
  for (const token of state.tokens) {
    if (token.type === "heading_open" || token.type === "heading_close")
      token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 3)}`;
    if (token.nesting === 1 && !["ul", "ol", "table", "thead", "tbody", "tr"].includes(token.tag))
      token.attrSet("dir", "auto");
    const aligned = /^text-align:(\w+)$/.exec(String(token.attrGet("style") ?? ""));
    if (aligned?.[1]) token.attrSet("align", aligned[1]); // style is not allowed
    if (token.children?.some((child) => child.type === "image")) token.children = withoutImages(state, token.children);
  }
}

function withoutImages(state: StateCore, children: readonly Token[]): Token[] {
  let links = 0;
  return children.flatMap((child) => {
    if (child.type === "link_open") links++;
    if (child.type === "link_close") links--;
    if (child.type !== "image") return [child];
    const href = String(child.attrGet("src"));
    const label = new state.Token("text", "", 0);
    const words = (state.env as Env & Words).image(hostOf(href));
    label.content = child.content ? `${child.content} (${words})` : words;
    if (links) return [label];
    const open = new state.Token("link_open", "a", 1);
    open.attrSet("href", href);
    return [open, label, new state.Token("link_close", "a", -1)];
  });
}

/** Whether formatting would take long, judged without doing it. */
function tooMuch(source: string): boolean {
  if (source.length > MOST_CHARACTERS) return true;
  if (source.length < MOST_MARKS_IN_A_LINE) return false;
  let all = 0;
  for (const line of source.split("\n")) {
    const marks = line.match(/[*_[\]!`~|<>&:$\\]/g)?.length ?? 0;
    all += marks + 1;
    if (marks > MOST_MARKS_IN_A_LINE || all > MOST_MARKS) return true;
  }
  return false;
}

function parse(source: string, env: Env): Token[] | null {
  if (tooMuch(source)) return null;
  const tokens = parser.parse(source, env);
  const count = tokens.reduce((sum, token) => sum + 1 + (token.children?.length ?? 0), 0);
  // markdown-it drops what is nested deeper than it goes; plain text drops nothing
  return count > MOST_TOKENS || tokens.some((token) => token.level > DEEPEST) ? null : tokens;
}

/** The tokens of each block at the top level. */
function groups(tokens: readonly Token[]): Token[][] {
  const all: Token[][] = [];
  let open: Token[] = [];
  for (const token of tokens) {
    open.push(token);
    if (token.level > 0 || token.nesting === 1) continue;
    all.push(open);
    open = [];
  }
  return all;
}

function toPiece(tokens: readonly Token[], env: Env): Piece {
  const html = parser.renderer.render([...tokens], parser.options, env);
  const codes = tokens
    .filter((token) => token.type === "fence" || token.type === "code_block")
    .map((token) => ({ language: token.info.trim().split(/\s/)[0] ?? "", text: token.content }));
  return { html, codes, formulas: formulasOf(tokens) };
}

/** The whole text, formatted; `null` where that would take long. */
export function format(source: string, words: Words): Piece[] | null {
  const env: Env = { ...words };
  const tokens = parse(source, env);
  return tokens && groups(tokens).map((group) => toPiece(group, env));
}

/** Formats although it may take long, because the person asked. Text nested too deep stays `null`. */
export function formatAnyway(source: string, words: Words): Piece[] | null {
  const env: Env = { ...words };
  const tokens = parser.parse(source, env);
  if (tokens.some((token) => token.level > DEEPEST)) return null;
  return groups(tokens).map((group) => toPiece(group, env));
}

/** A text that grows: blocks that are complete are formatted once, only the last is formatted again. */
export class Growing {
  readonly #words: Words;
  #done: Piece[] = [];
  #references: NonNullable<Env["references"]> = {};
  #from = 0;
  #plain = false;

  constructor(words: Words) {
    this.#words = words;
  }

  /** The pieces of the text so far, which begins with the text of the call before. */
  pieces(source: string): Piece[] | null {
    if (this.#plain || source.length > MOST_CHARACTERS) return null;
    const tail = source.slice(this.#from);
    const env: Env = { ...this.#words, references: { ...this.#references }, growing: true };
    const tokens = parse(tail, env);
    this.#plain = tokens === null;
    if (tokens === null) return null;
    const all = groups(tokens);
    const last = all.pop();
    if (!last) return this.#done;
    const open = toPiece(last, env);
    if (all.length) this.#freeze(all, env, tail, last[0]?.map?.[0] ?? 0);
    return [...this.#done, open];
  }

  #freeze(complete: readonly Token[][], env: Env, tail: string, line: number): void {
    this.#done = [...this.#done, ...complete.map((group) => toPiece(group, env))];
    const end = startOfLine(tail, line);
    const definitions: Env = { ...this.#words, references: this.#references };
    parser.parse(tail.slice(0, end), definitions); // only those above: one in the open block may still grow
    this.#references = definitions.references ?? {};
    this.#from += end;
  }
}

function startOfLine(source: string, line: number): number {
  const breaks = /\r\n?|\n/g;
  for (let at = 0; at < line && breaks.exec(source); at++);
  return line === 0 ? 0 : breaks.lastIndex;
}

/** The only place where text becomes elements. The parser lets no HTML through, and this would not either. */
export function setHtml(element: HTMLElement, piece: Piece): void {
  element.replaceChildren(sanitiser.sanitize(piece.html, ALLOWED));
}
