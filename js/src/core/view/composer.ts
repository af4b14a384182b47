/**
 * Where the person writes. The lock never takes the focus or the draft: the field becomes read-only, not disabled,
 * and the one button beside it stays the same element whether it sends, stops or rests.
 */
import { Recall } from "../recall";
import { canSend, isLocked, isResponding, ownWords, type View } from "../state";
import type { SendWith } from "../wire";
import type { Desk } from "./desk";
import { h, setAttribute, setText } from "./dom";
import { fitField } from "./field";
import { icon } from "./icons";
import { Composing, isRecallKey, isSendKey } from "./keys";

export class Composer {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #field: HTMLTextAreaElement;
  readonly #button = h("button", { type: "button", class: "cvd-button cvd-send" });
  readonly #faces = { send: icon("send"), stop: icon("stop"), lock: icon("lock") };
  readonly #box: HTMLElement;
  /** Which key sends, or what the lock means; the panel puts it into its last line. */
  readonly hint: HTMLElement;
  readonly #lockDescription: HTMLElement;
  #sendWith: SendWith = "enter";
  #stops = false;
  #view: View | null = null;
  readonly #recall = new Recall();

  constructor(desk: Desk) {
    this.#desk = desk;
    const { strings } = desk;
    this.hint = h("span", { class: "cvd-keys", id: desk.elementId("keys") });
    this.#lockDescription = h("span", { hidden: true, id: desk.elementId("locked") }, strings.lockedDescription); // a description only
    this.#field = h("textarea", {
      class: "cvd-field cvd-input",
      rows: 1,
      spellcheck: "true",
      "aria-label": strings.composer,
      "aria-describedby": this.hint.id,
    });
    this.#box = h("div", { class: "cvd-box" }, this.#field, this.#button);
    this.element = h("div", { class: "cvd-composer" }, this.#box, this.#lockDescription);
    this.#listen(new Composing(this.#field));
  }

  get stops(): boolean {
    return this.#stops;
  }

  update(view: View): void {
    const { strings } = this.#desk;
    const { chat } = view.talk;
    this.#view = view;
    const locked = isLocked(view);
    const elsewhere = chat?.status === "elsewhere" && isResponding(view);
    this.#sendWith = chat?.send_with ?? "enter";
    this.#stops = isResponding(view) && !elsewhere;
    if (this.#field.value !== view.draft) this.#field.value = view.draft;
    fitField(this.#field);
    this.#field.readOnly = locked;
    setAttribute(this.#field, "aria-disabled", locked ? "true" : null);
    setAttribute(this.#field, "aria-describedby", locked ? this.#lockDescription.id : this.hint.id);
    this.#field.placeholder = locked
      ? strings.lockedPlaceholder
      : elsewhere
        ? strings.elsewherePlaceholder
        : strings.placeholder;
    const lockedWords = view.draft ? strings.lockedWithDraft : strings.lockedEmpty;
    setText(this.hint, locked ? lockedWords : strings.sendKeys[this.#sendWith]);
    this.#box.classList.toggle("cvd-locked", locked);
    this.#updateButton(view, locked);
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
    this.#field.setSelectionRange(this.#field.value.length, this.#field.value.length);
  }

  #updateButton(view: View, locked: boolean): void {
    const { strings } = this.#desk;
    const face = this.#stops ? "stop" : locked ? "lock" : "send";
    if (this.#button.firstElementChild !== this.#faces[face]) this.#button.replaceChildren(this.#faces[face]);
    setAttribute(this.#button, "aria-label", this.#stops ? strings.stop : strings.send);
    setAttribute(this.#button, "title", this.#stops ? strings.stopHint : strings.send);
    const idle = !this.#stops && !(canSend(view) && view.draft.trim());
    setAttribute(this.#button, "aria-disabled", idle ? "true" : null);
    setAttribute(this.#button, "aria-describedby", locked ? this.#lockDescription.id : null);
    this.#button.setAttribute("data-face", face);
  }

  #send(): void {
    this.#desk.dispatch({ type: "send", c: this.#desk.newId() });
  }

  #bringBack(event: KeyboardEvent): void {
    const { value: text, selectionStart, selectionEnd, readOnly } = this.#field;
    if (readOnly || !this.#view) return;
    const atEnd = selectionStart === text.length && selectionEnd === text.length;
    const said = this.#recall.step(event.key, { text, atEnd }, ownWords(this.#view));
    if (said === null) return;
    event.preventDefault();
    this.#desk.dispatch({ type: "draft", text: said });
    this.#field.setSelectionRange(said.length, said.length);
  }

  #listen(composing: Composing): void {
    const { dispatch, newId, signal } = this.#desk;
    this.#field.addEventListener("input", () => dispatch({ type: "draft", text: this.#field.value }));
    this.#field.addEventListener(
      "keydown",
      (event) => {
        if (composing.covers(event)) return;
        if (isRecallKey(event)) return this.#bringBack(event);
        if (!isSendKey(event, this.#sendWith)) return;
        event.preventDefault();
        if (this.#field.readOnly) this.#desk.tell(this.#desk.strings.lockedDescription);
        else this.#send();
      },
      { signal },
    );
    this.#button.addEventListener("click", (event) => {
      if (this.#button.getAttribute("aria-disabled") === "true") return;
      if (!this.#stops) this.#send();
      else if (event.detail < 2) dispatch({ type: "stop", c: newId() }); // the second click of a double click on Send
    });
    this.#box.addEventListener("pointerdown", (event) => {
      if (event.target !== this.#box) return;
      event.preventDefault();
      this.focus();
    });
  }
}
