/** Thumbs and words on a reply, kept with the chat. */
import type { Row, Thumb } from "../wire";
import type { Desk } from "./desk";
import { button, h, isolated } from "./dom";
import { fitField } from "./field";
import { icon } from "./icons";

/** A thumb shows what was given; pressed again it is taken back. */
export function thumbButton(desk: Desk, row: Row, thumb: Thumb, opensForm: boolean): HTMLButtonElement {
  const { strings } = desk;
  const given = row.feedback?.thumb === thumb;
  const element = button({
    label: thumb === "up" ? strings.good : strings.bad,
    icon: icon(thumb),
    class: "cvd-quiet cvd-thumb",
    onPress: () => {
      const words = row.feedback?.words ?? "";
      desk.dispatch({ type: "rate", c: desk.newId(), m: row.m, thumb: given ? null : thumb, words });
      if (opensForm && !given) desk.dispatch({ type: "feedback", m: row.m, focus: false });
    },
  });
  element.setAttribute("aria-pressed", String(given));
  return element;
}

export class FeedbackForm {
  readonly element: HTMLElement;
  readonly #words: HTMLTextAreaElement;

  constructor(desk: Desk, row: Row) {
    const { strings } = desk;
    const title = h(
      "h4",
      { class: "cvd-card-title", id: desk.elementId(`feedback-${row.seq}`) },
      strings.feedbackTitle,
    );
    this.#words = h("textarea", {
      class: "cvd-field",
      rows: 2,
      maxlength: 4000,
      "aria-label": strings.feedbackWords,
      placeholder: strings.feedbackWords,
    });
    this.#words.value = row.feedback?.words ?? "";
    this.#words.addEventListener("input", () => fitField(this.#words));
    const close = () => desk.dispatch({ type: "feedback", m: null, focus: false });
    const save = () => {
      const thumb = row.feedback?.thumb ?? null;
      desk.dispatch({ type: "rate", c: desk.newId(), m: row.m, thumb, words: this.#words.value.trim() });
      close();
    };
    const buttons = h(
      "div",
      { class: "cvd-card-actions" },
      thumbButton(desk, row, "up", false),
      thumbButton(desk, row, "down", false),
      button({ label: strings.feedbackSave, class: "cvd-soft", onPress: save }),
      button({ label: strings.close, class: "cvd-text-button", onPress: close }),
    );
    const attributes = { class: "cvd-form", role: "group", "aria-labelledby": title.id };
    const stored = h("p", { class: "cvd-fineprint" }, strings.feedbackStored);
    this.element = h("div", attributes, title, this.#words, buttons, stored);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // Esc means this form, not the reply
      close();
    });
  }

  /** A thumb pressed in the form builds the form anew; what was typed stays. */
  get words(): string {
    return this.#words.value;
  }

  set words(text: string) {
    this.#words.value = text;
  }

  focus(): void {
    this.#words.focus({ preventScroll: true });
  }
}

export function givenFeedback(desk: Desk, row: Row): HTMLElement | null {
  const { feedback } = row;
  if (!feedback?.words) return null;
  const words = h(
    "div",
    { class: "cvd-given-words" },
    h("span", { class: "cvd-label" }, `${desk.strings.feedbackGiven}: `),
    isolated(feedback.words),
  );
  return h("div", { class: "cvd-given" }, icon("words"), words);
}
