/** The inline editor of an own message. Sending grows a sibling; nothing is overwritten. */
import { isSending, ownMessages, type View } from "../state";
import type { SendWith } from "../wire";
import { errorWords, sentencesOf } from "../words";
import type { Desk } from "./desk";
import { button, h, setText, show } from "./dom";
import { fitField } from "./field";
import { icon } from "./icons";
import { Composing, isSendKey } from "./keys";

export class Editor {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #field: HTMLTextAreaElement;
  readonly #error: HTMLElement;
  readonly #save: HTMLButtonElement;
  readonly #earlier: HTMLButtonElement;
  readonly #later: HTMLButtonElement;
  #sendWith: SendWith = "enter";

  constructor(desk: Desk) {
    this.#desk = desk;
    const { strings, dispatch } = desk;
    const hint = h("p", { class: "cvd-fineprint", id: desk.elementId("edit-hint") }, strings.editorHint);
    this.#field = h("textarea", {
      class: "cvd-field",
      rows: 1,
      "aria-label": strings.editor,
      "aria-describedby": hint.id,
    });
    this.#error = h("p", { class: "cvd-field-error", role: "alert", hidden: true });
    this.#save = button({ label: strings.save, class: "cvd-primary", onPress: () => this.#send() });
    const cancel = button({
      label: strings.cancel,
      class: "cvd-soft",
      onPress: () => dispatch({ type: "edit", m: null }),
    });
    const step = (by: -1 | 1) => () => dispatch({ type: "edit-step", by });
    this.#earlier = button({
      label: strings.earlierOwn,
      icon: icon("left"),
      showLabel: true,
      class: "cvd-quiet",
      onPress: step(-1),
    });
    this.#later = button({
      label: strings.laterOwn,
      icon: icon("right"),
      showLabel: true,
      class: "cvd-quiet",
      onPress: step(1),
    });
    const steps = h("span", { class: "cvd-editor-steps" }, this.#earlier, this.#later);
    const buttons = h("div", { class: "cvd-card-actions" }, steps, cancel, this.#save);
    this.element = h("div", { class: "cvd-editor" }, this.#field, this.#error, buttons, hint);
    this.#listen(new Composing(this.#field));
  }

  update(view: View, sendWith: SendWith): void {
    const { editor } = view;
    if (!editor) return;
    this.#sendWith = sendWith;
    if (this.#field.value !== editor.text) this.#field.value = editor.text;
    fitField(this.#field);
    setText(this.#error, editor.error ? sentencesOf(errorWords(this.#desk.strings, editor.error)) : "");
    show(this.#error, editor.error !== null);
    const own = ownMessages(view);
    this.#earlier.setAttribute("aria-disabled", String(own.indexOf(editor.m) <= 0));
    this.#later.setAttribute("aria-disabled", String(own.indexOf(editor.m) >= own.length - 1));
    show(this.#earlier.parentElement as HTMLElement, own.length > 1);
    this.#save.setAttribute("aria-disabled", String(isSending(view) || !editor.text.trim()));
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  #send(): void {
    this.#desk.dispatch({ type: "edit-send", c: this.#desk.newId() });
  }

  #listen(composing: Composing): void {
    const { dispatch } = this.#desk;
    this.#field.addEventListener("input", () => dispatch({ type: "edit-text", text: this.#field.value }));
    this.element.addEventListener("keydown", (event) => {
      if (composing.covers(event)) return;
      if (event.key === "Escape") {
        event.stopPropagation(); // Esc means this editor, not the reply
        dispatch({ type: "edit", m: null });
      } else if (event.target === this.#field && isSendKey(event, this.#sendWith)) {
        event.preventDefault();
        this.#send();
      }
    });
  }
}
