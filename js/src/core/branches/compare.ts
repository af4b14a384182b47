/** Two versions of a message, word by word. What came and what went differs in more than colour. */
import type { Drawer, View } from "../state";
import { wordsOf } from "../strings/branches";
import { blocksOf, isRunning, textOf } from "../talk";
import { childrenOf, inSight } from "../tree";
import { type Desk, Slot } from "../view/desk";
import { h, hidden } from "../view/dom";
import { compareWords, countChanges, type Piece } from "./words";

/** Versions that one can choose from. */
const MOST = 200;

export type Comparison = Extract<Drawer, { page: "compare" }>;

export class Compare {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #choice = new Slot(h("div", { class: "cvd-compare-choice" }));
  readonly #result = new Slot(h("div", { class: "cvd-compare-result", tabindex: 0, role: "region" }));

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#result.element.setAttribute("aria-label", wordsOf(desk).differences);
    this.element = h("div", { class: "cvd-compare" }, this.#choice.element, this.#result.element);
  }

  update(view: View, { m, other, fromTree }: Comparison): void {
    const { talk } = view;
    const row = talk.rows.get(m);
    const versions = row ? inSight(talk.rows, childrenOf(talk.children, row.p), m) : [];
    const text = (of: string) => {
      const found = talk.rows.get(of);
      return found ? textOf(blocksOf(talk, found)) : "";
    };
    const before = versions.indexOf(other) < versions.indexOf(m) ? other : m;
    const after = before === m ? other : m;
    this.#choice.set([m, other, versions, fromTree], () => this.#choose(versions, m, other, fromTree));
    const [old, fresh] = [text(before), text(after)];
    const written = [before, after].some((each) => isRunning(talk.rows.get(each)));
    if (written) this.#result.set([written], () => this.#said(wordsOf(this.#desk).stillWritten));
    else this.#result.set([before, after, old, fresh], () => this.#difference(old, fresh));
  }

  focus(): void {
    this.#choice.element.querySelector<HTMLElement>("select")?.focus({ preventScroll: true });
  }

  #choose(versions: readonly string[], m: string, other: string, fromTree: boolean): HTMLElement {
    const { dispatch } = this.#desk;
    const strings = wordsOf(this.#desk);
    const select = (id: string, label: string, chosen: string, take: (of: string) => Comparison) => {
      const at = Math.max(0, Math.min(versions.indexOf(chosen) - MOST / 2, versions.length - MOST));
      const options = versions.slice(at, at + MOST).map((each, index) => {
        const name = strings.versionLong(at + index + 1, versions.length);
        return h("option", { value: each, selected: each === chosen }, name);
      });
      const made = h("select", { id: this.#desk.elementId(id), class: "cvd-select" }, ...options);
      made.addEventListener("change", () => dispatch({ type: "drawer", drawer: take(made.value) }));
      return h("div", { class: "cvd-pick" }, h("label", { for: made.id }, label), made);
    };
    const to = (change: Partial<Comparison>): Comparison => ({ page: "compare", m, other, fromTree, ...change });
    return h(
      "div",
      { class: "cvd-compare-pair" },
      select("compare-m", strings.compareThis, m, (each) => to({ m: each })),
      select("compare-other", strings.compareWith, other, (each) => to({ other: each })),
    );
  }

  #said(words: string): HTMLElement {
    return h("p", { class: "cvd-compare-said" }, words);
  }

  #difference(before: string, after: string): HTMLElement {
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    if (before === after) return this.#said(strings.sameWords);
    const pieces = compareWords(before, after);
    if (!pieces) return this.#said(strings.tooLongToCompare);
    const { added, removed } = countChanges(pieces);
    const said =
      added + removed === 0 ? strings.sameWords : strings.changes(formats.number(removed), formats.number(added));
    const text = h("div", { class: "cvd-diff", dir: "auto" }, ...pieces.map((piece) => this.#piece(piece)));
    return h("div", {}, this.#said(said), text);
  }

  #piece({ kind, text }: Piece): Node {
    const strings = wordsOf(this.#desk);
    if (kind === "same") return h("span", {}, text);
    if (kind === "added") return h("ins", {}, hidden(` ${strings.added}: `), text);
    return h("del", {}, hidden(` ${strings.removed}: `), text);
  }
}
