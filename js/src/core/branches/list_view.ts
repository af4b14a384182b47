/** The outline as plain nested lists of buttons: for whom a tree is more than is wanted. */

import { wordsOf } from "../strings/branches";
import type { Desk } from "../view/desk";
import { button, h } from "../view/dom";
import { type Hands, indexOf, SCROLL, type Shown, WINDOW, windowFrom } from "./hands";
import { icon } from "./icons";
import { lineElements, tellRun } from "./line";
import { keyOf, type Line, type Run } from "./outline";

export class ListView {
  readonly element = h("div", { class: "cvd-tree-frame cvd-tree-list" });
  readonly #desk: Desk;
  readonly #hands: Hands;
  #shown: Shown | null = null;
  #from = 0;

  constructor(desk: Desk, hands: Hands) {
    this.#desk = desk;
    this.#hands = hands;
  }

  update(shown: Shown): void {
    if (shown.active !== this.#shown?.active)
      this.#from = windowFrom(this.#from, indexOf(shown.lines, shown.active), shown.lines.length);
    this.#shown = shown;
    this.#draw();
  }

  get hasFocus(): boolean {
    return this.element.matches(":focus-within");
  }

  focus(): void {
    const key = this.#shown?.active;
    const item = [...this.element.querySelectorAll("[data-key]")].find((each) => each.getAttribute("data-key") === key);
    const target = item?.querySelector<HTMLElement>("button") ?? this.element.querySelector<HTMLElement>("button");
    target?.focus({ preventScroll: true });
    target?.scrollIntoView?.({ block: "nearest" });
  }

  /** Built anew each time; what had the focus is found again by its line and name. */
  #draw(): void {
    if (!this.#shown) return;
    const { lines } = this.#shown;
    const to = Math.min(this.#from + WINDOW, lines.length);
    const held = this.#held();
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    const scroll = (label: string, by: number) =>
      button({ label, class: "cvd-soft cvd-tree-more", onPress: () => this.#scroll(by) });
    const above = this.#from > 0 && scroll(strings.linesAbove(formats.number(this.#from)), -SCROLL);
    const left = lines.length - to;
    const below = left > 0 && scroll(strings.linesBelow(formats.number(left)), SCROLL);
    this.element.replaceChildren();
    for (const part of [above, this.#nested(lines.slice(this.#from, to)), below]) if (part) this.element.append(part);
    if (held) this.#hold(held);
  }

  /** Lists within lists, by the levels of the lines. A window that begins deep down begins at that depth. */
  #nested(lines: readonly Line[]): HTMLElement {
    const top = h("ul", { class: "cvd-tree-ul", "aria-label": wordsOf(this.#desk).branches });
    const base = Math.min(...lines.map((line) => line.level));
    const stack: { level: number; list: HTMLElement }[] = [{ level: base, list: top }];
    for (const line of lines) {
      while ((stack.at(-1)?.level ?? base) > line.level) stack.pop();
      let { level, list } = stack.at(-1) as { level: number; list: HTMLElement };
      if (level < line.level) {
        const inner = h("ul", { class: "cvd-tree-ul" });
        (list.lastElementChild ?? list.appendChild(h("li"))).append(inner);
        level = line.level;
        list = inner;
        stack.push({ level, list });
      }
      list.append(this.#item(line));
    }
    return top;
  }

  #item(line: Line): HTMLElement {
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    const hands = this.#hands;
    const key = keyOf(line);
    if (line.kind === "more") {
      const label = strings.moreBranches(formats.number(line.count));
      return h(
        "li",
        { "data-key": key },
        button({ label, class: "cvd-text-button", onPress: () => hands.more(line.parent) }),
      );
    }
    return h("li", { "data-key": key, class: line.onPath ? "cvd-on-path" : "" }, this.#row(line, key));
  }

  #row(line: Run, key: string): HTMLElement {
    const strings = wordsOf(this.#desk);
    const hands = this.#hands;
    const view = this.#shown?.view;
    const told = view && tellRun(this.#desk, view, line);
    const go = h(
      "button",
      { type: "button", class: "cvd-button cvd-run-go" },
      ...(told ? lineElements(this.#desk, told) : []),
    );
    if (line.here) go.setAttribute("aria-current", "true");
    go.addEventListener("click", () => {
      hands.activate(key);
      hands.go(line.m);
    });
    const words = told?.words ?? "";
    const open = button({
      label: line.open ? strings.closeBranch(words) : strings.openBranch(words),
      icon: icon(line.open ? "open" : "right"),
      class: "cvd-quiet",
      onPress: () => hands.open([line.m], !line.open),
    });
    open.setAttribute("aria-expanded", String(line.open));
    const more = button({
      label: strings.actionsFor(words),
      icon: icon("dots"),
      class: "cvd-quiet",
      onPress: () => {
        hands.activate(key);
        hands.actions();
      },
    });
    return h("div", { class: "cvd-run" }, line.forks > 0 ? open : h("span", { class: "cvd-twist" }), go, more);
  }

  #scroll(by: number): void {
    this.#from = Math.max(0, Math.min(this.#from + by, (this.#shown?.lines.length ?? 0) - WINDOW));
    this.#draw();
    if (!this.hasFocus) this.focus();
  }

  #held(): { key: string | null; place: number } | null {
    const focused = this.element.querySelector(":focus");
    if (!focused) return null;
    const item = focused.closest("[data-key]");
    const buttons = [...(item ?? this.element).querySelectorAll("button")];
    return { key: item?.getAttribute("data-key") ?? null, place: buttons.indexOf(focused as HTMLButtonElement) };
  }

  #hold({ key, place }: { key: string | null; place: number }): void {
    const item = [...this.element.querySelectorAll("[data-key]")].find((each) => each.getAttribute("data-key") === key);
    const buttons = (item ?? this.element).querySelectorAll<HTMLElement>("button");
    (buttons[place] ?? buttons[0])?.focus({ preventScroll: true });
  }
}
