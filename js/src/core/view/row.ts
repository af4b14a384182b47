/** One message of the transcript. It changes only where its row, its blocks or its place have changed. */
import type { View } from "../state";
import { blocksOf, isRunning, textOf } from "../talk";
import { tame } from "../tame";
import type { Block, Row } from "../wire";
import { confirmCard } from "./confirm";
import { type Desk, Slot } from "./desk";
import { h, setAttribute, setText, show } from "./dom";
import type { Editor } from "./editor";
import { endingNotice } from "./ending";
import { FeedbackForm, givenFeedback } from "./feedback";
import { markFor } from "./marks";
import { outcomeOf } from "./outcome";
import { Prose } from "./prose";
import { said } from "./said";
import { type Direction, siblingSteps } from "./siblings";
import { toolbar } from "./toolbar";

export interface Place {
  view: View;
  blocks: readonly Block[];
  siblings: readonly string[];
  /** From 1; 0 while it is not known. */
  position: number;
  isLeaf: boolean;
  onStep: (to: string, direction: Direction) => void;
}

type Part = { block: Block; element: HTMLElement; prose?: Prose };

/** Rows so far: ids of messages may come from a file, and are not fit for ids of elements. */
let rows = 0;

const slot = (name: string) => new Slot(h("div", { class: name, hidden: true }));

export class RowView {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #article: HTMLElement;
  readonly #heading: HTMLElement;
  readonly #body = h("div", { class: "cvd-body" });
  readonly #dots = h("div", { class: "cvd-dots", "aria-hidden": "true", hidden: true }, h("i"), h("i"), h("i"));
  readonly #said = slot("cvd-said-slot");
  readonly #outcome = slot("cvd-outcome");
  readonly #confirm = slot("cvd-outcome");
  readonly #ending = slot("cvd-outcome");
  readonly #given = slot("cvd-given-slot");
  readonly #form = slot("cvd-form-slot");
  readonly #steps = slot("cvd-steps-slot");
  readonly #tools = slot("cvd-tools-slot");
  readonly #meta = h("span", { class: "cvd-meta" });
  #key: readonly unknown[] = [];
  #view: View | null = null;
  #parts: Part[] = [];
  #feedback: FeedbackForm | null = null;

  constructor(desk: Desk, row: Row) {
    this.#desk = desk;
    this.#heading = h("h3", { class: "cvd-hidden", id: desk.elementId(`m-${++rows}`) });
    const foot = h("div", { class: "cvd-foot" }, this.#steps.element, this.#tools.element, this.#meta);
    if (row.role === "user") this.#body.append(this.#said.element);
    this.#article = h(
      "article",
      { class: "cvd-message", "aria-labelledby": this.#heading.id, tabindex: -1 },
      ...[this.#heading, this.#body, this.#dots, this.#outcome.element, this.#confirm.element],
      ...[this.#ending.element, this.#given.element, this.#form.element, foot],
    );
    this.element = h("li", { class: "cvd-item", "data-role": row.role, "data-m": row.m }, this.#article);
  }

  update(row: Row, place: Place): void {
    const { view, blocks, siblings, position, isLeaf } = place;
    this.#view = view;
    const model = view.talk.chat?.model ?? "";
    const key = [row, blocks, siblings, position, isLeaf, view.feedback === row.m, model];
    if (key.every((value, index) => value === this.#key[index])) return;
    this.#key = key;
    const { strings } = this.#desk;
    const who = row.role === "user" ? strings.you : (row.model ?? model);
    setText(this.#heading, strings.messageHeading(tame(who), position));
    setAttribute(this.element, "data-state", row.state);
    setAttribute(this.#article, "aria-busy", isRunning(row) ? "true" : null);
    if (row.role === "user") this.#said.set([row.m], () => said(this.#desk, textOf(row.blocks)));
    else this.#paint(row, blocks);
    this.#updateSlots(row, place);
    setText(this.#meta, this.#metaOf(row));
  }

  /** Where it stands in the branch, of which the page may hold only a stretch: from 1 (0: not known yet), and of how many. */
  count(position: number, of: number): void {
    for (const element of [this.element, this.#article]) {
      setAttribute(element, "aria-posinset", position || null);
      setAttribute(element, "aria-setsize", position ? of : -1);
    }
  }

  /** Only the text of a running reply has grown. */
  grow(row: Row, blocks: readonly Block[], view: View): void {
    this.#view = view;
    this.#key = [];
    this.#paint(row, blocks);
  }

  /** The editor takes the place of the message while it is edited. */
  hold(editor: Editor | null): void {
    show(this.#body, editor === null);
    if (editor && editor.element.parentElement !== this.#article) this.#body.after(editor.element);
    this.element.classList.toggle("cvd-editing", editor !== null);
  }

  focus(): void {
    this.#article.focus({ preventScroll: true });
  }

  focusStep(direction: Direction): void {
    this.element.querySelector<HTMLElement>(`[data-step="${direction}"]`)?.focus({ preventScroll: true });
  }

  focusFeedback(): void {
    this.#feedback?.focus();
  }

  dispose(): void {
    for (const part of this.#parts) part.prose?.stop();
    this.element.remove();
  }

  #updateSlots(row: Row, { view, siblings, position, isLeaf, onStep }: Place): void {
    const desk = this.#desk;
    const confirming = isLeaf && row.role === "assistant" && row.tip === "confirming" && !isRunning(row);
    const giving = view.feedback === row.m;
    const { state, note, error, stop, ending, feedback } = row;
    this.#outcome.set([state, note, error, stop], () => outcomeOf(desk, row));
    this.#confirm.set([confirming], () => (confirming ? confirmCard(desk) : null));
    this.#ending.set([ending, position > 0], () => ending && endingNotice(desk, row, ending));
    this.#given.set([feedback, giving], () => (giving ? null : givenFeedback(desk, row)));
    this.#form.set([giving, feedback], () => this.#feedbackForm(row, giving));
    this.#steps.set([siblings], () => siblingSteps(desk, row.m, siblings, onStep));
    this.#tools.set([state, feedback?.thumb, feedback?.words], () => toolbar(desk, row, () => this.#textOf(row)));
  }

  #paint(row: Row, blocks: readonly Block[]): void {
    const running = isRunning(row);
    for (const extra of this.#parts.splice(blocks.length)) this.#drop(extra);
    for (const [index, block] of blocks.entries()) {
      const part = this.#partAt(index, block);
      if (block.k === "text" && running) part.prose?.grow(block.text);
      else if (block.k === "text") part.prose?.settle(block.text);
      else if (block.k === "thinking") setText(part.element.lastElementChild as HTMLElement, block.text);
      part.block = block;
    }
    show(this.#dots, running && !blocks.some((block) => block.k === "text" && block.text));
  }

  /** The part that shows a block: a text grows in place, a mark is replaced when it has changed. */
  #partAt(index: number, block: Block): Part {
    const old = this.#parts[index];
    const fits = old && old.block.k === block.k && (old.block === block || "text" in block);
    if (fits) return old;
    const part = this.#part(block);
    if (old) {
      old.element.replaceWith(part.element);
      old.prose?.stop();
    } else this.#body.append(part.element);
    this.#parts[index] = part;
    return part;
  }

  #part(block: Block): Part {
    if (block.k === "text") {
      const prose = new Prose(this.#desk);
      return { block, element: prose.element, prose };
    }
    if (block.k !== "thinking") return { block, element: markFor(this.#desk, block) };
    const summary = h("summary", {}, this.#desk.strings.thoughts);
    const words = h("div", { class: "cvd-thoughts-text", dir: "auto" });
    return { block, element: h("details", { class: "cvd-thoughts" }, summary, words) };
  }

  #drop(part: Part): void {
    part.prose?.stop();
    part.element.remove();
  }

  /** A thumb pressed in the form builds the form anew; what was typed stays. */
  #feedbackForm(row: Row, open: boolean): HTMLElement | null {
    const words = this.#feedback?.words;
    this.#feedback = open ? new FeedbackForm(this.#desk, row) : null;
    if (this.#feedback && words !== undefined) this.#feedback.words = words;
    return this.#feedback?.element ?? null;
  }

  /** Raw, as it is now. */
  #textOf(row: Row): string {
    return textOf(this.#view ? blocksOf(this.#view.talk, row) : row.blocks);
  }

  #metaOf(row: Row): string {
    const { strings, formats } = this.#desk;
    const answered = { yes: strings.answeredYes, no: strings.answeredNo };
    return [
      row.edit_of && strings.edited,
      row.role === "user" && Object.hasOwn(strings.by, row.by) && strings.by[row.by],
      row.confirm && answered[row.confirm],
      row.usage &&
        strings.tokens(formats.number(row.usage.input + row.usage.cache_read), formats.number(row.usage.output)),
      row.at > 0 && !isRunning(row) && formats.time(row.at),
    ]
      .filter(Boolean)
      .join(" · ");
  }
}
