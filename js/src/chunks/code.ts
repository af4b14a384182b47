/**
 * Colours for code. highlight.js finds the parts of the text, and each becomes a span of ours: no HTML is made of it.
 * What is too long, too dense, or of a language that is not here stays plain.
 */
import type { Emitter, HLJSOptions } from "highlight.js";
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import julia from "highlight.js/lib/languages/julia";
import latex from "highlight.js/lib/languages/latex";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import repl from "highlight.js/lib/languages/python-repl";
import r from "highlight.js/lib/languages/r";
import rust from "highlight.js/lib/languages/rust";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

export { default as css } from "./code.css";

const languages = { bash, c, cpp, css, diff, ini, java, javascript, json, julia, latex, markdown, python };
const more = { "python-repl": repl, r, rust, shell, sql, typescript, xml, yaml };
const MOST_CHARACTERS = 50_000;
const MOST_IN_A_LINE = 5_000;
const MOST_SPANS = 10_000;

/** What highlight.js calls a part, up to the first dot, and the colour that it gets. Anything else has none. */
const KINDS: Record<string, string> = {
  ...{ comment: "comment", quote: "comment", meta: "meta", doctag: "meta" },
  ...{ keyword: "keyword", tag: "keyword", name: "keyword", "selector-tag": "keyword", "template-tag": "keyword" },
  ...{ string: "string", regexp: "string", char: "string", link: "string", code: "string" },
  ...{ number: "number", literal: "number", symbol: "number", bullet: "number" },
  ...{ title: "title", section: "title", "selector-id": "title", "selector-class": "title" },
  ...{ type: "type", built_in: "type", class: "type" },
  ...{ attr: "name", attribute: "name", property: "name", variable: "name", "template-variable": "name" },
  ...{ "selector-attr": "name", "selector-pseudo": "name" },
  ...{ addition: "addition", deletion: "deletion", emphasis: "emphasis", strong: "strong" },
};

/** What highlight.js writes to; it calls the older names as well. */
class Spans implements Emitter {
  readonly #fragment = document.createDocumentFragment();
  #open: ParentNode[] = [this.#fragment];
  count = 0;

  get #top(): ParentNode {
    return this.#open.at(-1) ?? this.#fragment;
  }

  addText(text: string): void {
    if (text) this.#top.append(text);
  }

  startScope(scope: string): void {
    const kind = KINDS[scope.split(".")[0] as string];
    const span = kind ? document.createElement("span") : document.createDocumentFragment();
    if (span instanceof Element) span.className = `cvd-token-${kind}`;
    this.count++;
    this.#open.push(span);
  }

  endScope(): void {
    if (this.#open.length < 2) return;
    const done = this.#open.pop();
    if (done) this.#top.append(done as Node);
  }

  openNode(scope: string): void {
    this.startScope(scope);
  }

  closeNode(): void {
    this.endScope();
  }

  /** Code of another language within this one. */
  __addSublanguage(inner: Emitter): void {
    if (!(inner instanceof Spans)) return;
    this.count += inner.count;
    this.#top.append(inner.parts());
  }

  finalize(): void {
    while (this.#open.length > 1) this.endScope();
  }

  parts(): DocumentFragment {
    this.finalize();
    return this.#fragment;
  }

  toHTML(): string {
    return "";
  }
}

for (const [name, language] of Object.entries({ ...languages, ...more })) hljs.registerLanguage(name, language);
hljs.registerAliases(["ipython3", "python3"], { languageName: "python" });
hljs.registerAliases("jl", { languageName: "julia" });
hljs.configure({ __emitter: Spans as HLJSOptions["__emitter"] });

/** The code with its parts in spans, or `null` where it stays plain. Its text is that of the code. */
export function coloured(code: string, language: string): DocumentFragment | null {
  if (!hljs.getLanguage(language) || code.length > MOST_CHARACTERS) return null;
  if (code.split("\n").some((line) => line.length > MOST_IN_A_LINE)) return null;
  const { _emitter: spans, errorRaised } = hljs.highlight(code, { language, ignoreIllegals: true });
  if (errorRaised || !(spans instanceof Spans) || spans.count > MOST_SPANS) return null;
  const parts = spans.parts();
  return parts.textContent === code ? parts : null;
}
