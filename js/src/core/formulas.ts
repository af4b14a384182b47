/**
 * Where formulas stand in a text: `$…$`, `\(…\)`, `$$…$$`, `\[…\]`. They are found here and laid out later, by the chunk
 * `math`; until then, and wherever that fails, the source stands there as it was written.
 *
 * Money stays money. As in pandoc nothing but a formula's own text touches its dollar signs from within, and no digit
 * follows the last; besides, no letter or digit stands before the first, and "$10 or 20$" is an amount.
 */
import type { Env, MarkdownIt, StateBlock, StateCore, StateInline, Token } from "markdown-it";

/** `growing`: more of the text may come. It becomes the last run of text, the only one where something is unfinished. */
export interface Growth extends Env {
  growing?: boolean | string;
}

export interface Formula {
  readonly tex: string;
  readonly display: boolean;
}

/** Longer ones are no formula; so a sign that is never closed costs little. */
const LONGEST = 5_000;
const LONGEST_IN_LINE = 1_000;
/** While a text grows, so much of it may turn out to be a formula whose end has not come. */
const PATIENCE = 400;

const FENCES: readonly { open: string; close: string; display: boolean }[] = [
  { open: "$$", close: "$$", display: true },
  { open: "\\[", close: "\\]", display: true },
  { open: "\\(", close: "\\)", display: false },
];

const word = (character: string | undefined): boolean => character !== undefined && /[A-Za-z0-9]/.test(character);
const blank = (character: string | undefined): boolean => character === undefined || /\s/.test(character);
/** "10 or 20": an amount, and not much of a formula. */
const amount = (tex: string): boolean => /^[\d.,]+\s+\p{L}{2}/u.test(tex) && !/[\\^_=+<>{}]/.test(tex);
/** `\[sic\]` is how Markdown writes a bracket. */
const wordy = (tex: string): boolean => /^[\p{L}\s,.;:!?'"-]*$/u.test(tex) && /\p{L}{2}/u.test(tex);

/** Where the dollar sign that closes is, if the one at `at` opens a formula; -1 if not, or not yet. */
function closingDollar(src: string, at: number, max: number): number {
  if (word(src[at - 1]) || blank(src[at + 1])) return -1;
  for (let end = at + 1; end < Math.min(max, at + LONGEST_IN_LINE); end++) {
    if (src[end] === "\\") end++;
    else if (src[end] === "`") return -1;
    else if (src[end] === "$") {
      const inside = !blank(src[end - 1]) && end > at + 1;
      return inside && !word(src[end + 1]) && !amount(src.slice(at + 1, end)) ? end : -1;
    }
  }
  return -1;
}

interface Span extends Formula {
  end: number;
}

function spanAt(src: string, at: number, max: number): Span | null {
  for (const { open, close, display } of FENCES) {
    if (!src.startsWith(open, at)) continue;
    const tex = src.slice(at + 2, Math.min(max, at + 2 + LONGEST));
    const length = tex.indexOf(close);
    if (length < 1 || !tex.slice(0, length).trim() || (open === "\\[" && wordy(tex.slice(0, length)))) return null;
    return { tex: tex.slice(0, length), display, end: at + 2 + length + 2 };
  }
  const close = src[at] === "$" ? closingDollar(src, at, max) : -1;
  return close < 0 ? null : { tex: src.slice(at + 1, close), display: false, end: close + 1 };
}

/** Whether what begins here is most likely a formula that is still being written. */
function begins(state: StateInline): boolean {
  const { src, pos, posMax, env } = state;
  if ((env as Growth).growing !== src || posMax - pos > PATIENCE) return false;
  const rest = src.slice(pos, posMax);
  if (FENCES.some(({ open, close }) => rest.startsWith(open) && !rest.includes(close, 2))) return true;
  return !word(src[pos - 1]) && /^\$[A-Za-z\\({][^$`]*$/.test(rest);
}

function inline(state: StateInline, silent: boolean): boolean {
  const { src, pos, posMax } = state;
  if (src[pos] !== "$" && src[pos] !== "\\") return false;
  const span = spanAt(src, pos, posMax);
  const end = span?.end ?? (begins(state) ? posMax : pos);
  if (end === pos) return false;
  if (!silent) {
    const token = state.push(span ? "formula" : "text", "", 0);
    token.content = src.slice(pos, end);
    if (span) token.meta = { tex: span.tex, display: span.display } satisfies Formula;
  }
  state.pos = end;
  return true;
}

/** A formula in lines of its own, up to the first empty one. While the text grows its end may not have come. */
function block(state: StateBlock, start: number, last: number, silent: boolean): boolean {
  const first = lineOf(state, start);
  const fence = FENCES.find(({ open, display }) => display && first.startsWith(open));
  if (!fence || (state.sCount[start] ?? 0) - state.blkIndent >= 4) return false;
  let source = "";
  for (let line = start; line < last; line++) {
    if (state.isEmpty(line) || (state.sCount[line] ?? 0) < state.blkIndent) return false;
    source += line === start ? first : `\n${lineOf(state, line)}`;
    const end = source.indexOf(fence.close, 2);
    if (source.length > LONGEST) return false;
    if (end < 0) continue;
    if (source.slice(end + 2).trim() || !source.slice(2, end).trim()) return false; // more than a formula: a paragraph
    if (fence.open === "\\[" && wordy(source.slice(2, end))) return false;
    if (!silent) add(state, start, line + 1, source.trimEnd(), source.slice(2, end));
    return true;
  }
  if (!(state.env as Growth).growing || !/^(\$\$|\\\[)\s*(\S|$)/.test(first)) return false;
  if (!silent) add(state, start, last, source, null);
  return true;
}

const lineOf = (state: StateBlock, line: number): string =>
  state.src.slice((state.bMarks[line] ?? 0) + (state.tShift[line] ?? 0), state.eMarks[line]);

function add(state: StateBlock, from: number, to: number, source: string, tex: string | null): void {
  state.line = to;
  const token = state.push("formula_block", "p", 0);
  token.content = source;
  token.map = [from, to];
  token.meta = tex === null ? null : ({ tex, display: true } satisfies Formula);
}

function noteLast(state: StateCore): void {
  const env = state.env as Growth;
  if (env.growing) env.growing = state.tokens.findLast((token) => token.type === "inline")?.content ?? true;
}

/** The formulas among these tokens, in the order in which `var` elements stand for them. */
export const formulasOf = (tokens: readonly Token[]): Formula[] =>
  tokens.flatMap((token) => [
    ...(token.type.startsWith("formula") && token.meta ? [token.meta as unknown as Formula] : []),
    ...formulasOf(token.children ?? []),
  ]);

export function findFormulas(parser: MarkdownIt): void {
  const { escapeHtml } = parser.utils;
  parser.inline.ruler.before("escape", "formula", inline);
  parser.block.ruler.before("fence", "formula", block, { alt: ["paragraph", "reference", "blockquote", "list"] });
  parser.core.ruler.before("inline", "formulas", noteLast);
  const rules: typeof parser.renderer.rules = {
    formula: (tokens, index) => `<var>${escapeHtml(tokens[index]?.content ?? "")}</var>`,
    formula_block: (tokens, index) => {
      const { content, meta } = tokens[index] as Token;
      return meta ? `<p><var>${escapeHtml(content)}</var></p>\n` : `<p>${escapeHtml(content)}</p>\n`;
    },
  };
  Object.assign(parser.renderer.rules, rules);
}
