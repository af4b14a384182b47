/** What stands in the drawer: the tree of branches with its filters and actions, or two versions word by word. */
import type { View } from "../state";
import { wordsOf } from "../strings/branches";
import type { Desk } from "../view/desk";
import { button, h, setAttribute, setText, show } from "../view/dom";
import { Actions } from "./actions";
import { Compare } from "./compare";
import { type Hands, indexOf } from "./hands";
import { icon } from "./icons";
import { ListView } from "./list_view";
import { type Line, type Options, outline, PAGE, type Run } from "./outline";
import { TreeView } from "./tree_view";

export interface Leave {
  /** Closes the drawer and focuses a message; or leaves it open where it covers nothing. */
  to(m: string): void;
  close(): void;
}

export class Branches {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #leave: Leave;
  readonly #title: HTMLElement;
  readonly #back: HTMLButtonElement;
  readonly #filters: Record<"onlyPath" | "showArchived" | "asList", HTMLButtonElement>;
  readonly #treePage: HTMLElement;
  readonly #arriving: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #tree: TreeView;
  readonly #list: ListView;
  readonly #actions: Actions;
  readonly #compare: Compare;
  #view: View | null = null;
  #options: Options = { open: new Map(), pages: new Map(), onlyPath: false, showArchived: false };
  #asList = false;
  #active: string | null = null;
  #place = -1;
  #drawn: readonly unknown[] = [];

  constructor(desk: Desk, leave: Leave) {
    this.#desk = desk;
    this.#leave = leave;
    const strings = wordsOf(desk);
    const hands = this.#hands();
    this.#tree = new TreeView(desk, hands);
    this.#list = new ListView(desk, hands);
    this.#actions = new Actions(desk, hands);
    this.#compare = new Compare(desk);
    this.#filters = {
      onlyPath: this.#filter(strings.onlyThisPath, () => this.#set({ onlyPath: !this.#options.onlyPath })),
      showArchived: this.#filter("", () => this.#set({ showArchived: !this.#options.showArchived })),
      asList: this.#filter(strings.asList, () => this.#setList(!this.#asList)),
    };
    this.#arriving = h("p", { class: "cvd-tree-empty" }, strings.stillArriving);
    this.#empty = h("p", { class: "cvd-tree-empty" }, strings.noBranches);
    const filters = h("div", { class: "cvd-tree-filters" }, ...Object.values(this.#filters));
    const parts = [filters, this.#arriving, this.#empty, this.#tree.element, this.#list.element, this.#actions.element];
    this.#treePage = h("div", { class: "cvd-tree-page" }, ...parts);
    this.#title = h("h3", { class: "cvd-drawer-title", id: desk.elementId("drawer-title") });
    this.#back = button({
      label: strings.backToBranches,
      icon: icon("left"),
      class: "cvd-quiet",
      onPress: () => desk.dispatch({ type: "drawer", drawer: { page: "tree" } }),
    });
    const close = button({
      label: strings.closeBranches,
      icon: icon("close"),
      class: "cvd-quiet",
      onPress: leave.close,
    });
    const head = h("div", { class: "cvd-drawer-head" }, this.#back, this.#title, close);
    this.element = h("div", { class: "cvd-drawer-body" }, head, this.#treePage, this.#compare.element);
  }

  update(view: View): void {
    const before = this.#view?.drawer;
    this.#view = view;
    const { drawer } = view;
    if (!drawer) return;
    const comparing = drawer.page === "compare";
    const strings = wordsOf(this.#desk);
    setText(this.#title, comparing ? strings.compareTitle : strings.branches);
    show(this.#back, drawer.page === "compare" && drawer.fromTree);
    show(this.#treePage, !comparing);
    show(this.#compare.element, comparing);
    if (drawer.page === "compare") this.#compare.update(view, drawer);
    else this.#drawTree();
    if (before && before.page !== drawer.page) this.focus();
  }

  focus(): void {
    if (this.#view?.drawer?.page === "compare") this.#compare.focus();
    else (this.#asList ? this.#list : this.#tree).focus();
  }

  /** One step back. Returns whether there was one within the drawer. */
  escape(): boolean {
    if (this.#actions.closeForm()) {
      this.#actions.focus();
      return true;
    }
    const drawer = this.#view?.drawer;
    if (drawer?.page !== "compare" || !drawer.fromTree) return false;
    this.#desk.dispatch({ type: "drawer", drawer: { page: "tree" } });
    return true;
  }

  /** The outline is made anew only where something of it has changed: never for the text of a running reply. */
  #drawTree(): void {
    const view = this.#view;
    if (!view) return;
    const { rows, chat } = view.talk;
    const key = [rows, view.path, chat?.head, this.#options, this.#active, this.#asList];
    if (key.every((value, index) => value === this.#drawn[index])) return;
    const { lines, archived } = outline(view, this.#options);
    const at = indexOf(lines, this.#active);
    if (at < 0) this.#active = this.#nearest(lines);
    this.#place = indexOf(lines, this.#active);
    this.#drawn = [rows, view.path, chat?.head, this.#options, this.#active, this.#asList];
    const shown = { view, lines, active: this.#active };
    show(this.#tree.element, !this.#asList && lines.length > 0);
    show(this.#list.element, this.#asList && lines.length > 0);
    show(this.#arriving, view.talk.arriving !== null);
    show(this.#empty, lines.length === 0);
    if (this.#asList) this.#list.update(shown);
    else this.#tree.update(shown);
    this.#press(archived);
    const active = lines[this.#place];
    this.#actions.update(view, active?.kind === "run" ? active : null);
  }

  /** At first the line where the person is. Where the active one has gone, the one in its place. */
  #nearest(lines: readonly Line[]): string | null {
    const runs = lines.filter((line): line is Run => line.kind === "run");
    const beside = this.#active === null ? undefined : lines[Math.min(this.#place, lines.length - 1)];
    const line = beside?.kind === "run" ? beside : (runs.find((run) => run.here) ?? runs[0]);
    return line?.m ?? null;
  }

  #press(archived: number): void {
    const { formats } = this.#desk;
    const strings = wordsOf(this.#desk);
    const { onlyPath, showArchived, asList } = this.#filters;
    setAttribute(onlyPath, "aria-pressed", String(this.#options.onlyPath));
    setAttribute(showArchived, "aria-pressed", String(this.#options.showArchived));
    setAttribute(asList, "aria-pressed", String(this.#asList));
    const words = archived > 0 ? strings.showArchivedCount(formats.number(archived)) : strings.showArchived;
    setText(showArchived.firstElementChild as Element, words);
    show(showArchived, archived > 0 || this.#options.showArchived);
  }

  #filter(label: string, onPress: () => void): HTMLButtonElement {
    const made = button({ label, showLabel: true, class: "cvd-toggle", onPress });
    made.setAttribute("aria-pressed", "false");
    return made;
  }

  #set(change: Partial<Options>): void {
    this.#options = { ...this.#options, ...change };
    this.#drawTree();
  }

  #setList(asList: boolean): void {
    this.#asList = asList;
    this.#drawTree();
  }

  #activate(key: string | null): void {
    this.#active = key;
    this.#drawTree();
  }

  #hands(): Hands {
    const { dispatch, newId, tell } = this.#desk;
    const strings = wordsOf(this.#desk);
    return {
      activate: (key) => this.#activate(key),
      go: (m) => {
        dispatch({ type: "look", m });
        this.#leave.to(m);
      },
      show: (m) => dispatch({ type: "look", m }),
      open: (runs, open) =>
        this.#set({ open: new Map([...this.#options.open, ...runs.map((m) => [m, open] as const)]) }),
      more: (parent) => {
        const pages = new Map(this.#options.pages);
        this.#set({ pages: pages.set(parent, (pages.get(parent) ?? PAGE) + PAGE) });
      },
      label: (m) => this.#actions.label(m),
      archive: (m) => {
        const archived = !this.#view?.talk.rows.get(m)?.mark?.archived;
        dispatch({ type: "archive", c: newId(), m, archived });
      },
      undo: () => {
        const away = this.#view?.away;
        if (away) dispatch({ type: "archive", c: newId(), m: away.m, archived: false });
        else tell.call(this.#desk, strings.nothingToUndo);
      },
      actions: () => this.#actions.focus(),
    };
  }
}
