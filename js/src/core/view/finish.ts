/**
 * What a text gets on top, by chunks that come when the first formula or the first code is there: formulas are laid
 * out, code is coloured. Until then, and wherever it fails, both stand there as they were written.
 */
import type { Chunks } from "../chunks";
import type { Formula } from "../formulas";
import type { Code } from "../markdown";
import { soon } from "../slices";
import type { Desk } from "./desk";
import { h, setAttribute } from "./dom";

/** Laid out formulas that are kept, since the last block of a growing text is formatted again and again. */
const KEPT = 200;
/** Characters of a formula from which on it may be wider than a narrow panel, and can be scrolled by itself. */
const LONG = 40;
/** Waiting elements before those are let go that have left the page. */
const MANY = 1_000;

interface Waiting {
  finish(): void;
}

export class Finish {
  readonly #desk: Desk;
  readonly #waiting: Record<keyof Chunks & ("code" | "math"), Map<Element, Waiting>> = {
    code: new Map(),
    math: new Map(),
  };
  readonly #laidOut = new Map<string, Element | null>();
  #code: Chunks["code"] | null = null;
  #math: Chunks["math"] | null = null;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** An element for a formula, which holds its source at first. */
  formula(source: string, formula: Formula): HTMLElement {
    const { tex, display } = formula;
    const element = h("span", { class: "cvd-math", dir: "ltr", "data-display": display }, source);
    if (tex.length > LONG) {
      const attributes = { "data-long": true, role: "group", tabindex: 0, "aria-label": this.#desk.strings.formula };
      for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
    }
    const finish = () => this.#layOut(element, formula);
    if (this.#math) soon(finish);
    else this.#wait("math", element, finish);
    return element;
  }

  /** Colours what stands in a `code` element. `code` gives it as it is by then. */
  colour(element: Element, code: () => Code): void {
    const finish = () => {
      const { text, language } = code();
      const parts = this.#code?.coloured(text, language);
      if (parts) element.replaceChildren(parts);
    };
    if (this.#code) soon(finish);
    else if (code().language) this.#wait("code", element, finish);
  }

  /** For one that grows: only where it costs no waiting, at the pace of whoever calls. */
  recolour(element: Element, { text, language }: Code): void {
    const parts = this.#code?.coloured(text, language);
    if (parts) element.replaceChildren(parts);
  }

  #layOut(element: HTMLElement, formula: Formula): void {
    const key = `${formula.display} ${formula.tex}`;
    let made = this.#laidOut.get(key);
    if (made === undefined) {
      made = this.#made(formula);
      this.#laidOut.set(key, made);
      if (this.#laidOut.size > KEPT) this.#laidOut.delete(this.#laidOut.keys().next().value as string);
    }
    if (made) element.replaceChildren(made.cloneNode(true));
    else element.title = this.#desk.strings.noFormula;
    this.#desk.grown();
  }

  #made({ tex, display }: Formula): Element | null {
    try {
      return this.#math?.layOut(tex, display) ?? null;
    } catch {
      return null; // no formula, or more than is laid out: the source says it all
    }
  }

  #wait(name: "code" | "math", element: Element, finish: () => void): void {
    const waiting = this.#waiting[name];
    if (waiting.size === 0) this.#fetch(name);
    if (waiting.size > MANY) for (const each of waiting.keys()) if (!each.isConnected) waiting.delete(each);
    waiting.set(element, { finish });
  }

  /** Asked for once; it comes when the kernel has time for it. One that cannot be run is asked for at the next need. */
  #fetch(name: "code" | "math"): void {
    const waiting = this.#waiting[name];
    const take = (chunk: Chunks["code"] | Chunks["math"]) => {
      if (name === "code") this.#code = chunk as Chunks["code"];
      else this.#math = chunk as Chunks["math"];
      const all = [...waiting.values()];
      waiting.clear();
      for (const { finish } of all) soon(finish);
    };
    this.#desk.chunk(name, Number.POSITIVE_INFINITY).then(take, (error) => {
      console.warn("convend: a part of the panel did not load", error);
      waiting.clear();
    });
  }
}

const known = new WeakMap<Desk, Finish>();

/** One for each view. */
export function finishOf(desk: Desk): Finish {
  const found = known.get(desk) ?? new Finish(desk);
  known.set(desk, found);
  return found;
}
