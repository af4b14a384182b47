/**
 * The messages of the branch that is shown. Of a long one only a stretch around the reader is in the page, and gaps stand
 * for the rest; rows come and go a few at a time.
 */
import type { View } from "../state";
import { siblingsOf } from "../state";
import { blocksOf } from "../talk";
import type { SendWith } from "../wire";
import type { Desk } from "./desk";
import { h, show } from "./dom";
import type { Editor } from "./editor";
import { type Gap, Gaps } from "./gaps";
import { RowView } from "./row";
import { Scroller } from "./scroller";
import { around, atEnd, carried, extended, MOST, type Stretch } from "./stretch";

/** Pixels of messages that are ready above and below what is seen. */
const AHEAD = 1_600;
/** Milliseconds between two stretches while the scroll bar is dragged through a long branch. */
const LEAP = 80;

export class Transcript {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #scroller: Scroller;
  readonly #list = h("ol", { class: "cvd-list" });
  readonly #ghost = h("li", { class: "cvd-item cvd-ghost", "data-role": "user", hidden: true });
  readonly #rows = new Map<string, RowView>();
  readonly #gaps: Gaps;
  #stretch: Stretch = { from: 0, to: 0 };
  #now: { view: View; editor: Editor; sendWith: SendWith } | null = null;
  #frame = 0;
  #leapt = 0;
  #astray = false;

  constructor(desk: Desk, empty: HTMLElement) {
    this.#desk = desk;
    this.#gaps = new Gaps(desk, (gap) => this.#enter(gap));
    this.#list.append(this.#ghost);
    const content = h("div", { class: "cvd-content" }, empty, this.#list);
    this.#scroller = new Scroller(desk, content, {
      onMove: () => this.#fillSoon(),
      onGo: (where) => (where === "end" ? this.follow() : this.toStart()),
    });
    this.element = this.#scroller.element;
    desk.signal.addEventListener("abort", () => cancelAnimationFrame(this.#frame), { once: true });
  }

  update(view: View, editor: Editor, sendWith: SendWith): void {
    const before = this.#now?.view;
    if (view.talk.chat?.conversation !== before?.talk.chat?.conversation) this.#gaps.forget();
    if (view.path !== before?.path)
      this.#stretch = carried(this.#stretch, before?.path ?? [], view.path, this.#scroller.following);
    this.#now = { view, editor, sendWith };
    this.#layOut();
    this.#updateGhost(view);
    this.grown();
    this.#fillSoon();
  }

  /** Only running replies have grown. */
  grow(view: View): void {
    if (this.#now) this.#now = { ...this.#now, view };
    for (const m of view.talk.live.keys()) {
      const [row, shown] = [view.talk.rows.get(m), this.#rows.get(m)];
      if (row && shown) shown.grow(row, blocksOf(view.talk, row), view);
    }
  }

  grown(): void {
    this.#scroller.grown();
  }

  follow(): void {
    const { length } = this.#path;
    if (this.#stretch.to < length) this.#move(atEnd(length));
    this.#scroller.follow();
  }

  toStart(): void {
    const { length } = this.#path;
    const whole = this.#stretch.to - this.#stretch.from === length;
    if (!whole) this.#scroller.stay();
    if (this.#stretch.from > 0) this.#move(around(0, length));
    this.#scroller.scrollTo(0);
    if (whole) this.#scroller.moved(); // it may be the bottom too
  }

  focusFeedback(m: string): void {
    const row = this.#rows.get(m);
    if (!row) return;
    row.focusFeedback();
    this.#scroller.reveal(row.element, "end");
  }

  goTo(m: string): void {
    this.show(m)?.focus();
  }

  /** Brings a message of this branch into the page and into sight. */
  show(m: string): RowView | undefined {
    const path = this.#path;
    const at = path.indexOf(m);
    const { from, to } = this.#stretch;
    if (at >= 0 && (at < from || at >= to)) this.#move(around(at, path.length));
    const row = this.#rows.get(m);
    if (row) this.#scroller.reveal(row.element);
    return row;
  }

  reveal(element: HTMLElement): void {
    this.#scroller.reveal(element);
  }

  /** The messages that are in the page. */
  get elements(): HTMLElement[] {
    return [...this.#rows.values()].map((row) => row.element);
  }

  get #path(): readonly string[] {
    return this.#now?.view.path ?? [];
  }

  #move(stretch: Stretch): void {
    this.#stretch = stretch;
    this.#layOut();
  }

  /** The rows of the stretch and those that must not go, in order, with gaps for what is left out. */
  #layOut(): void {
    if (!this.#now) return;
    const { view, editor, sendWith } = this.#now;
    const { path } = view;
    const shown = this.#shown(view);
    this.#removeAllBut(new Set(shown.map((at) => path[at] as string)));
    const gaps: Gap[] = [];
    const places = [...shown, path.length].map((at, index) => {
      const from = index > 0 ? (shown[index - 1] as number) + 1 : 0;
      return from < at && gaps.push({ from, to: at }) > 0;
    });
    const spaces = this.#gaps.elements(path, gaps);
    const elements = shown.flatMap((at, index) => {
      const row = this.#place(view, at);
      return [places[index] ? spaces.shift() : undefined, row?.element];
    });
    this.#arrange([...elements, spaces.shift(), this.#ghost].filter((each) => each !== undefined));
    this.#holdEditor(view, editor, sendWith);
  }

  /** What has the focus, is being edited or rated stays in the page, wherever the reader goes. */
  #shown({ path, editor, feedback }: View): number[] {
    const { from, to } = this.#stretch;
    const page = this.#list.getRootNode() as Document | ShadowRoot;
    const focused = page.activeElement?.closest("[data-m]");
    const held = [editor?.m, feedback, focused && this.#list.contains(focused) ? focused.getAttribute("data-m") : null];
    const kept = held.map((m) => (m ? path.indexOf(m) : -1)).filter((at) => at >= 0 && (at < from || at >= to));
    const inside = Array.from({ length: to - from }, (_, index) => from + index);
    return kept.length ? [...new Set([...inside, ...kept])].sort((a, b) => a - b) : inside;
  }

  /** Puts the elements in this order. Rows keep theirs, so none is ever moved: it would lose the focus. */
  #arrange(elements: readonly Element[]): void {
    let next = this.#list.firstElementChild;
    for (const element of elements) {
      while (next && next !== element && next.classList.contains("cvd-gap")) {
        const gone = next;
        next = next.nextElementSibling;
        gone.remove();
      }
      if (next === element) next = next.nextElementSibling;
      else this.#list.insertBefore(element, next);
    }
  }

  #place(view: View, at: number): RowView | null {
    const m = view.path[at] as string;
    const row = view.talk.rows.get(m);
    if (!row) return null;
    const place = this.#rows.get(m) ?? new RowView(this.#desk, row);
    const position = view.talk.arriving ? 0 : at + 1;
    this.#rows.set(m, place);
    place.update(row, {
      view,
      blocks: blocksOf(view.talk, row),
      siblings: siblingsOf(view, row),
      position,
      isLeaf: at === view.path.length - 1,
      onStep: (to, direction) => {
        this.#scroller.stay();
        this.#desk.dispatch({ type: "look", m: to });
        this.#rows.get(to)?.focusStep(direction);
        this.#scroller.moved();
      },
    });
    place.count(position, view.path.length);
    return place;
  }

  #removeAllBut(kept: ReadonlySet<string>): void {
    const gone = [...this.#rows].filter(([m]) => !kept.has(m));
    for (const [m, row] of gone) this.#gaps.remember(m, row.element.offsetHeight); // all, before the page changes
    for (const [m, row] of gone) {
      row.dispose();
      this.#rows.delete(m);
    }
  }

  #holdEditor(view: View, editor: Editor, sendWith: SendWith): void {
    for (const [m, row] of this.#rows) row.hold(m === view.editor?.m ? editor : null);
    if (!view.editor || !this.#rows.has(view.editor.m)) editor.element.remove();
    editor.update(view, sendWith);
  }

  /** What was sent and is not here yet, so that it never seems to be gone. */
  #updateGhost(view: View): void {
    const order = [...view.pending.values()].map((each) => each.order).find((each) => each.do === "send");
    const arrived =
      order?.do === "send" &&
      view.path.slice(-2).some((m) => {
        const row = view.talk.rows.get(m);
        return row?.role === "user" && row.p === order.parent;
      });
    const text = order?.do === "send" && !arrived ? order.text : "";
    this.#ghost.replaceChildren(
      ...(text
        ? [h("div", { class: "cvd-body" }, h("div", { class: "cvd-said", dir: "auto" }, text.slice(0, 3_000)))]
        : []),
    );
    show(this.#ghost, text !== "");
  }

  /** Goes on reading where a gap begins, from the side of the messages that are shown. */
  #enter({ from, to }: Gap): void {
    const m = this.#path[to <= this.#stretch.from ? to - 1 : from];
    if (m) this.goTo(m);
  }

  #fillSoon(): void {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#fill()) this.#fillSoon();
    });
  }

  /** Moves the stretch along with the reader, a few rows a frame. Returns whether there is more to do. */
  #fill(): boolean {
    const path = this.#path;
    const { from, to } = this.#stretch;
    const [first, last] = [this.#rows.get(path[from] ?? ""), this.#rows.get(path[to - 1] ?? "")];
    const frame = this.#scroller.box;
    if (!first || !last || frame.height === 0) return false;
    const [top, bottom] = [first.element.getBoundingClientRect().top, last.element.getBoundingClientRect().bottom];
    this.#gaps.guess((bottom - top) / (to - from));
    if (bottom <= frame.top || top >= frame.bottom) return this.#leap(frame);
    this.#astray = false;
    const [above, below] = [frame.top - top, bottom - frame.bottom];
    const may = to - from < MOST;
    const side =
      from > 0 && above < AHEAD && (may || above < below)
        ? "above"
        : to < path.length && below < AHEAD && (may || below < above)
          ? "below"
          : null;
    if (!side) return false;
    this.#scroller.keepPlace(this.elements, () => this.#move(extended(this.#stretch, side, path.length)));
    return true;
  }

  /** Into a gap, as by dragging the scroll bar: the rows that belong there. */
  #leap({ top, height }: DOMRect): boolean {
    const now = performance.now();
    const before = this.#astray;
    this.#astray = true; // in the frame after the page changed, the browser has yet to put the reader back in place
    if (!before || now - this.#leapt < LEAP) return true;
    const path = this.#path;
    const at = this.#gaps.at(top + height / 2) ?? this.#gaps.at(top + 1) ?? this.#gaps.at(top + height - 1);
    if (at === null) return false;
    this.#leapt = now;
    this.#move(around(at, path.length));
    const row = this.#rows.get(path[at] as string)?.element.getBoundingClientRect();
    if (row) this.#scroller.scrollBy(row.top - top - height / 3);
    return true;
  }
}
