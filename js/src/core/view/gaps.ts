/**
 * What stands for the messages of a long branch that are not in the page: empty space about as high as they are, so
 * that the scroll bar tells the truth and Home, End and PageUp work as everywhere, and a button for whoever moves
 * through the page without scrolling it.
 */
import type { Desk } from "./desk";
import { button, h, setText } from "./dom";

/** Pixels; browsers lay out no more than some 17 million. */
const HIGHEST = 12_000_000;
/** Pixels of a message that nobody has seen yet, before any has been measured. */
const GUESS = 160;

/** Messages `from` up to, and not including, `to` of the path are left out here. */
export interface Gap {
  from: number;
  to: number;
}

export class Gaps {
  readonly #desk: Desk;
  readonly #onPress: (gap: Gap) => void;
  readonly #known = new Map<string, number>();
  #each = GUESS;
  #made: GapView[] = [];

  constructor(desk: Desk, onPress: (gap: Gap) => void) {
    this.#desk = desk;
    this.#onPress = onPress;
  }

  /** The height that a row had when it left the page. */
  remember(m: string, height: number): void {
    if (height > 0) this.#known.set(m, height);
  }

  /** Once it is known how high rows are here; later on the guess stays, or the scroll bar would jump about. */
  guess(each: number): void {
    if (this.#each === GUESS && each > 0) this.#each = each;
  }

  /** Another conversation. */
  forget(): void {
    this.#known.clear();
    this.#each = GUESS;
  }

  /** An element for each gap, in order; those that are there already stay the same. */
  elements(path: readonly string[], gaps: readonly Gap[]): HTMLElement[] {
    const each = Math.min(this.#each, HIGHEST / Math.max(1, path.length));
    while (this.#made.length < gaps.length) this.#made.push(new GapView(this.#desk, this.#onPress));
    for (const extra of this.#made.splice(gaps.length)) extra.element.remove();
    return this.#made.map((view, index) => {
      const gap = gaps[index] as Gap;
      let height = 0;
      for (let at = gap.from; at < gap.to; at++)
        height += Math.min(this.#known.get(path[at] as string) ?? each, each * 8);
      view.update(gap, height);
      return view.element;
    });
  }

  /** The message that would stand at this height of the page, where a gap is; `null` where none is. */
  at(y: number): number | null {
    for (const { element, gap } of this.#made) {
      const { top, bottom, height } = element.getBoundingClientRect();
      if (y < top || y >= bottom || height === 0) continue;
      return Math.min(gap.to - 1, gap.from + Math.floor(((y - top) / height) * (gap.to - gap.from)));
    }
    return null;
  }
}

class GapView {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #button: HTMLButtonElement;
  gap: Gap = { from: 0, to: 0 };

  constructor(desk: Desk, onPress: (gap: Gap) => void) {
    this.#desk = desk;
    this.#button = button({ label: "", class: "cvd-soft", onPress: () => onPress(this.gap) });
    this.element = h("li", { class: "cvd-gap" }, this.#button);
  }

  update(gap: Gap, height: number): void {
    this.gap = gap;
    setText(this.#button.firstElementChild as Element, this.#desk.strings.leftOut(gap.to - gap.from));
    this.element.style.height = `${Math.round(height)}px`;
    this.element.setAttribute("data-at", gap.from === 0 ? "start" : "end");
  }
}
