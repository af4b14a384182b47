/** A bar that finds words anywhere in the conversation and goes there. The focus stays in its field. */
import type { View } from "../state";
import type { Desk } from "../view/desk";
import { button, fill, h, setText } from "../view/dom";
import { icon } from "../view/icons";
import { Highlights } from "./highlight";
import { search } from "./search";
import { findStrings } from "./strings";

/** Milliseconds without a key press before the search begins. */
const REST = 200;

export interface Ground {
  /** Brings a message into sight and gives its element. */
  show(m: string): HTMLElement | null;
  /** The messages that are in the page. */
  shown(): Iterable<Element>;
  toStart(): void;
  toEnd(): void;
}

export class FindBar {
  readonly #desk: Desk;
  readonly #ground: Ground;
  readonly #element: HTMLElement;
  readonly #field: HTMLInputElement;
  readonly #status = h("span", { class: "cvd-find-status", role: "status" });
  readonly #words: ReturnType<typeof findStrings>;
  readonly #highlights = new Highlights();
  #view: View | null = null;
  #found: string[] = [];
  #at = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** `element` has the field already, and perhaps the focus and the first words. */
  constructor(desk: Desk, ground: Ground, element: HTMLElement, onClose: () => void) {
    this.#desk = desk;
    this.#ground = ground;
    this.#element = element;
    this.#field = element.firstElementChild as HTMLInputElement;
    const words = findStrings(desk.language);
    this.#words = words;
    const small = (label: string, name: Parameters<typeof icon>[0], onPress: () => void) =>
      button({ label, icon: icon(name), class: "cvd-quiet", onPress });
    const down = icon("arrowDown");
    const up = icon("arrowDown");
    up.classList.add("cvd-find-up");
    const steps = [
      button({ label: words.older, icon: up, class: "cvd-quiet", onPress: () => this.#step(1) }),
      button({ label: words.newer, icon: down, class: "cvd-quiet", onPress: () => this.#step(-1) }),
    ];
    const ends = [
      button({ label: words.toStart, class: "cvd-text-button", onPress: () => this.#ground.toStart() }),
      button({ label: words.toEnd, class: "cvd-text-button", onPress: () => this.#ground.toEnd() }),
    ];
    fill(element, this.#status, ...steps, ...ends, small(desk.strings.close, "close", onClose));
    this.#field.addEventListener("input", () => this.#searchSoon());
    this.#field.addEventListener("keydown", (event) => this.#onKey(event));
    desk.signal.addEventListener("abort", () => this.close(), { once: true });
  }

  update(view: View): void {
    this.#view = view;
    if (this.#field.value && !this.#element.hidden) this.#mark();
  }

  /** `go` to what is found: the words were typed while the bar was on its way. */
  open(go: boolean): void {
    if (this.#field.value) this.#search(go);
  }

  close(): void {
    clearTimeout(this.#rest);
    this.#highlights.clear();
  }

  #searchSoon(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#search(true), REST);
  }

  #search(go: boolean): void {
    clearTimeout(this.#rest);
    this.#rest = undefined;
    const view = this.#view;
    this.#found = view ? search(view.talk, view.path, this.#field.value) : [];
    this.#at = 0;
    if (go && this.#found.length) this.#go();
    else this.#tell();
  }

  #step(by: 1 | -1): void {
    const { length } = this.#found;
    if (this.#rest !== undefined || !length) this.#search(true);
    else {
      this.#at = (this.#at + by + length) % length;
      this.#go();
    }
  }

  #go(): void {
    const m = this.#found[this.#at] as string;
    if (!this.#view?.path.includes(m)) this.#desk.dispatch({ type: "look", m });
    const element = this.#ground.show(m);
    for (const old of this.#ground.shown()) old.toggleAttribute("data-found", old === element);
    this.#tell();
  }

  #tell(): void {
    const { length } = this.#found;
    const m = this.#found[this.#at];
    const { nothing, at } = this.#words;
    const words = m === undefined ? nothing : at(this.#at + 1, length, this.#desk.positionOf(m));
    setText(this.#status, this.#field.value.trim() ? words : "");
    this.#mark();
  }

  #mark(): void {
    this.#highlights.mark(this.#ground.shown(), this.#field.value);
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.#step(event.shiftKey ? -1 : 1);
  }
}
