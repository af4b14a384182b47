/** The outline as a tree: one stop for Tab, arrow keys within. Only a window of a long outline is in the page. */

import { wordsOf } from "../strings/branches";
import { type Desk, Slot } from "../view/desk";
import { button, h, setAttribute, setText, show } from "../view/dom";
import { type Hands, indexOf, SCROLL, type Shown, WINDOW, windowFrom } from "./hands";
import { icon } from "./icons";
import { deedFor, TypeAhead } from "./keys";
import { lineElements, nameOf, signatureOf, tellRun } from "./line";
import { keyOf, type Line, type More, type Run } from "./outline";

/** Steps of indentation that are drawn; what is deeper stays there, and says its level to who cannot see. */
const DEEPEST = 8;

type Item = { element: HTMLElement; content: Slot };

export class TreeView {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #hands: Hands;
  readonly #tree: HTMLElement;
  readonly #above: HTMLButtonElement;
  readonly #below: HTMLButtonElement;
  readonly #items = new Map<string, Item>();
  readonly #typed = new TypeAhead();
  #shown: Shown | null = null;
  #from = 0;

  constructor(desk: Desk, hands: Hands) {
    this.#desk = desk;
    this.#hands = hands;
    const label = wordsOf(desk).branches;
    this.#tree = h("div", { class: "cvd-tree", role: "tree", "aria-label": label });
    this.#above = button({ label: "", class: "cvd-soft cvd-tree-more", onPress: () => this.#scroll(-SCROLL) });
    this.#below = button({ label: "", class: "cvd-soft cvd-tree-more", onPress: () => this.#scroll(SCROLL) });
    this.element = h("div", { class: "cvd-tree-frame" }, this.#above, this.#tree, this.#below);
    this.#tree.addEventListener("keydown", (event) => this.#onKey(event));
    this.#tree.addEventListener("click", (event) => this.#onClick(event));
  }

  update(shown: Shown): void {
    const moved = shown.active !== this.#shown?.active || shown.lines !== this.#shown?.lines;
    this.#shown = shown;
    if (moved) this.#from = windowFrom(this.#from, indexOf(shown.lines, shown.active), shown.lines.length);
    this.#draw();
  }

  get hasFocus(): boolean {
    return this.#tree.matches(":focus-within");
  }

  focus(): void {
    const item = this.#tree.querySelector<HTMLElement>('[role="treeitem"][tabindex="0"]');
    item?.focus({ preventScroll: true });
    item?.scrollIntoView?.({ block: "nearest" });
  }

  #draw(): void {
    if (!this.#shown) return;
    const focused = this.hasFocus;
    const { lines, active } = this.#shown;
    const to = Math.min(this.#from + WINDOW, lines.length);
    const window = lines.slice(this.#from, to);
    const keys = new Set(window.map(keyOf));
    for (const [key, { element }] of this.#items) {
      if (keys.has(key)) continue;
      element.remove();
      this.#items.delete(key);
    }
    const stop = active !== null && keys.has(active) ? active : window[0] && keyOf(window[0]);
    let next = this.#tree.firstElementChild;
    for (const line of window) {
      const element = this.#item(line, keyOf(line) === stop);
      if (element === next) next = next.nextElementSibling;
      else this.#tree.insertBefore(element, next);
    }
    this.#offer(this.#above, this.#from);
    this.#offer(this.#below, lines.length - to);
    if (focused) this.focus();
  }

  #offer(more: HTMLButtonElement, count: number): void {
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    const words = more === this.#above ? strings.linesAbove : strings.linesBelow;
    setText(more.firstElementChild as Element, words(formats.number(count)));
    show(more, count > 0);
  }

  #item(line: Line, stop: boolean): HTMLElement {
    const key = keyOf(line);
    const known = this.#items.get(key);
    const element = known?.element ?? h("div", { class: "cvd-treeitem", role: "treeitem", "data-key": key });
    const item = known ?? { element, content: new Slot(element) };
    this.#items.set(key, item);
    const branching = line.kind === "run" && line.forks > 0;
    setAttribute(element, "aria-level", line.level);
    setAttribute(element, "aria-posinset", line.place);
    setAttribute(element, "aria-setsize", line.places);
    setAttribute(element, "aria-expanded", branching ? String(line.open) : null);
    setAttribute(element, "aria-current", line.kind === "run" && line.here ? "true" : null);
    setAttribute(element, "aria-selected", String(stop));
    element.tabIndex = stop ? 0 : -1;
    element.classList.toggle("cvd-on-path", line.kind === "run" && line.onPath);
    element.style.setProperty("--level", String(Math.min(line.level - 1, DEEPEST)));
    if (line.kind === "run") this.#fillRun(item, line);
    else this.#fillMore(item, line);
    return element;
  }

  #fillRun({ content }: Item, run: Run): void {
    const view = this.#shown?.view;
    if (!view) return;
    const told = tellRun(this.#desk, view, run);
    content.set([signatureOf(run, told, false)], () => {
      const twist = h("span", { class: "cvd-twist" }, run.forks > 0 && icon(run.open ? "open" : "right"));
      return h(
        "div",
        { class: "cvd-run" },
        twist,
        h("span", { class: "cvd-run-text" }, ...lineElements(this.#desk, told)),
      );
    });
  }

  #fillMore({ content }: Item, line: More): void {
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    content.set([line.count], () =>
      h(
        "div",
        { class: "cvd-run cvd-run-rest" },
        h("span", { class: "cvd-twist" }),
        strings.moreBranches(formats.number(line.count)),
      ),
    );
  }

  #scroll(by: number): void {
    const { lines } = this.#shown ?? { lines: [] };
    this.#from = Math.max(0, Math.min(this.#from + by, lines.length - WINDOW));
    this.#draw();
    if (!(by < 0 ? this.#above : this.#below).hidden) return;
    this.focus(); // the button is gone
  }

  #onClick(event: MouseEvent): void {
    const target = event.target as Element;
    const key = target.closest("[data-key]")?.getAttribute("data-key");
    const line = this.#shown?.lines.find((each) => keyOf(each) === key);
    if (!line) return;
    this.#hands.activate(keyOf(line));
    if (line.kind === "more") this.#hands.more(line.parent);
    else if (target.closest(".cvd-twist") && line.forks > 0) this.#hands.open([line.m], !line.open);
    else this.#hands.show(line.m);
    this.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.#shown || event.altKey || event.isComposing) return;
    const { lines } = this.#shown;
    const focused = (event.target as Element).closest("[data-key]")?.getAttribute("data-key") ?? null;
    const at = indexOf(lines, focused);
    const deed = deedFor({ key: event.key, ctrl: event.ctrlKey || event.metaKey }, lines, at);
    if (!deed) return;
    event.preventDefault();
    const line = lines[at] as Line;
    const hands = this.#hands;
    if (deed.do === "move") hands.activate(deed.to);
    else if (deed.do === "open") hands.open(deed.runs, deed.open);
    else if (deed.do === "more") hands.more(deed.parent);
    else if (deed.do === "find") this.#find(deed.text, at);
    else if (deed.do === "undo") hands.undo();
    else if (line.kind === "run") hands[deed.do](line.m);
    if (deed.do !== "go" && deed.do !== "label" && this.element.isConnected) this.focus();
  }

  #find(text: string, at: number): void {
    if (!this.#shown) return;
    const { lines, view } = this.#shown;
    const names = lines.map((line) => (line.kind === "run" ? nameOf(view, line) : ""));
    const found = lines[this.#typed.find(text, names, at)];
    if (found) this.#hands.activate(keyOf(found));
  }
}
