/** What can be done with the active line: buttons with one stop for Tab, and the small form for a label. */
import type { View } from "../state";
import { wordsOf } from "../strings/branches";
import { tame } from "../tame";
import { childrenOf, inSight } from "../tree";
import { type Desk, Slot } from "../view/desk";
import { button, h, setText } from "../view/dom";
import { rove } from "../view/toolbar";
import type { Row } from "../wire";
import { gistOf } from "./gist";
import type { Hands } from "./hands";
import { type Icon, icon } from "./icons";
import type { Run } from "./outline";

/** Characters; the kernel refuses more. */
const LABEL = 80;
/** Characters of the words that say which line it is. */
const SHORT = 36;
/** Marked messages within a run that have a button of their own. */
const MARKED = 5;

export class Actions {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #hands: Hands;
  readonly #for = h("bdi", { dir: "auto" });
  readonly #slot = new Slot(h("div", { class: "cvd-tree-buttons" }));
  #view: View | null = null;
  #run: Run | null = null;
  #labelling: string | null = null;
  #input: HTMLInputElement | null = null;

  constructor(desk: Desk, hands: Hands) {
    this.#desk = desk;
    this.#hands = hands;
    const title = h("p", { class: "cvd-tree-for" }, `${wordsOf(desk).selected}: `, this.#for);
    this.element = h("div", { class: "cvd-tree-actions" }, title, this.#slot.element);
  }

  update(view: View, run: Run | null): void {
    this.#view = view;
    this.#run = run;
    const row = run ? view.talk.rows.get(run.m) : undefined;
    this.element.hidden = !row;
    if (this.#labelling !== run?.m) this.#labelling = null;
    if (!run || !row) return;
    setText(this.#for, gistOf(view, row, SHORT) || wordsOf(this.#desk).noText);
    const { mark } = row;
    const marked = this.#marked(view, run);
    const versions = this.#versions(view, row);
    const key = [
      run.m,
      mark?.label,
      mark?.starred,
      mark?.archived,
      this.#labelling,
      marked.join(" "),
      versions.join(" "),
    ];
    this.#slot.set(key, () => (this.#labelling ? this.#form(row) : this.#toolbar(row, versions, marked)));
  }

  /** Opens the form for the label of a message. */
  label(m: string): void {
    this.#labelling = m;
    if (this.#view) this.update(this.#view, this.#run);
    this.#input?.focus();
    this.#input?.select();
  }

  /** Returns whether there was a form to be closed. */
  closeForm(): boolean {
    if (this.#labelling === null) return false;
    this.#labelling = null;
    if (this.#view) this.update(this.#view, this.#run);
    return true;
  }

  focus(): void {
    const first = this.#slot.element.querySelector<HTMLElement>('button[tabindex="0"], input');
    first?.focus({ preventScroll: true });
  }

  #versions({ talk }: View, row: Row): readonly string[] {
    return inSight(talk.rows, childrenOf(talk.children, row.p), row.m);
  }

  /** Messages further down in the run that have a label or a star: one can go straight there. */
  #marked({ talk }: View, run: Run): string[] {
    const marked = run.messages.slice(1).filter((m) => {
      const mark = talk.rows.get(m)?.mark;
      return mark?.label || mark?.starred;
    });
    return marked.slice(0, MARKED);
  }

  #toolbar(row: Row, versions: readonly string[], marked: readonly string[]): HTMLElement {
    const { dispatch, newId } = this.#desk;
    const strings = wordsOf(this.#desk);
    const hands = this.#hands;
    const { m, mark } = row;
    const at = versions.indexOf(m);
    const other = versions[at > 0 ? at - 1 : 1];
    const act = (label: string, name: Icon, onPress: () => void, pressed?: boolean) => {
      const made = button({ label, icon: icon(name), showLabel: true, class: "cvd-quiet", onPress });
      if (pressed !== undefined) made.setAttribute("aria-pressed", String(pressed));
      return made;
    };
    const compare = () =>
      other !== undefined && dispatch({ type: "drawer", drawer: { page: "compare", m, other, fromTree: true } });
    const buttons = [
      act(strings.goThere, "go", () => hands.go(m)),
      act(mark?.label ? strings.changeLabel : strings.label, "label", () => hands.label(m)),
      act(
        strings.star,
        "star",
        () => dispatch({ type: "mark", c: newId(), m, starred: !mark?.starred }),
        mark?.starred ?? false,
      ),
      act(mark?.archived ? strings.restore : strings.archive, "archive", () => hands.archive(m)),
      ...(other === undefined ? [] : [act(strings.compare, "compare", compare)]),
      ...marked.map((each) => act(this.#nameOf(each), "go", () => hands.go(each))),
    ];
    const bar = h("div", { class: "cvd-toolbar", role: "toolbar", "aria-label": strings.branchActions }, ...buttons);
    rove(bar, buttons);
    return bar;
  }

  #nameOf(m: string): string {
    const strings = wordsOf(this.#desk);
    const row = this.#view?.talk.rows.get(m);
    const words = row && this.#view ? tame(row.mark?.label ?? "") || gistOf(this.#view, row) : "";
    return strings.goTo(words);
  }

  #form(row: Row): HTMLElement {
    const { dispatch, newId } = this.#desk;
    const strings = wordsOf(this.#desk);
    const id = this.#desk.elementId("label");
    const input = h("input", { id, type: "text", maxlength: LABEL, dir: "auto", class: "cvd-label-input" });
    input.value = row.mark?.label ?? "";
    this.#input = input;
    const close = () => {
      this.closeForm();
      this.#hands.activate(row.m);
      this.focus();
    };
    const save = (label: string) => {
      if (label !== (row.mark?.label ?? "")) dispatch({ type: "mark", c: newId(), m: row.m, label });
      close();
    };
    const remove = row.mark?.label
      ? button({ label: strings.removeLabel, class: "cvd-quiet", onPress: () => save("") })
      : null;
    const form = h(
      "form",
      { class: "cvd-label-form" },
      h("label", { for: id }, strings.label),
      input,
      h("button", { type: "submit", class: "cvd-button cvd-primary" }, strings.saveLabel),
      button({ label: strings.cancel, class: "cvd-quiet", onPress: close }),
      remove,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      save(input.value.replace(/\s+/g, " ").trim());
    });
    return form;
  }
}
