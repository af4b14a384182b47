/** The button that opens the find bar. Its field is there at once; all else comes when it is first needed. */
import type { FindBar } from "../../chunks/find";
import type { View } from "../state";
import type { Desk } from "./desk";
import { button, h, setAttribute, setText, show } from "./dom";
import { icon } from "./icons";
import type { Transcript } from "./transcript";

export class Finder {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly #desk: Desk;
  readonly #transcript: Transcript;
  readonly #field: HTMLInputElement;
  readonly #place: HTMLElement;
  readonly #trouble = h("p", { class: "cvd-fineprint", role: "status", hidden: true });
  #bar: FindBar | null = null;
  #view: View | null = null;

  readonly #opens: () => void;

  /** `opens` is called before it opens: it finds in the conversation as it is, and in no playback of it. */
  constructor(desk: Desk, transcript: Transcript, opens: () => void) {
    this.#desk = desk;
    this.#transcript = transcript;
    this.#opens = opens;
    const { strings } = desk;
    this.button = button({
      label: strings.find,
      icon: icon("find"),
      class: "cvd-quiet cvd-open-find",
      onPress: () => this.#toggle(),
    });
    setAttribute(this.button, "aria-expanded", "false");
    this.#field = h("input", { class: "cvd-find-field", type: "search", "aria-label": strings.find, maxlength: 200 });
    this.#field.placeholder = strings.find;
    const attributes = { class: "cvd-find", role: "search", "aria-label": strings.findTitle, hidden: true };
    this.#place = h("div", attributes, this.#field);
    this.element = h("div", {}, this.#place, this.#trouble);
    this.#place.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
      event.stopPropagation(); // Esc means this bar, not the reply
      this.#close();
    });
  }

  update(view: View, playing: boolean): void {
    if (playing) this.#shut();
    this.#view = view;
    show(this.button, view.path.length > 0);
    this.#bar?.update(view);
  }

  async #toggle(): Promise<void> {
    if (!this.#place.hidden) return this.#close();
    this.#opens();
    show(this.#place, true);
    setAttribute(this.button, "aria-expanded", "true");
    this.#field.focus({ preventScroll: true });
    this.#field.select();
    const before = this.#field.value;
    try {
      const { FindBar } = await this.#desk.chunk("find");
      this.#bar ??= this.#made(FindBar);
      if (!this.#place.hidden) this.#bar.open(this.#field.value !== before);
    } catch {
      if (!this.#place.hidden) this.#close();
      setText(this.#trouble, this.#desk.strings.drawerFailed);
    }
    show(this.#trouble, this.#bar === null);
  }

  #made(Bar: typeof FindBar): FindBar {
    const transcript = this.#transcript;
    const ground = {
      show: (m: string) => transcript.show(m)?.element ?? null,
      shown: () => transcript.elements,
      toStart: () => transcript.toStart(),
      toEnd: () => transcript.follow(),
    };
    const bar = new Bar(this.#desk, ground, this.#place, () => this.#close());
    if (this.#view) bar.update(this.#view);
    return bar;
  }

  #close(): void {
    this.#shut();
    this.button.focus({ preventScroll: true });
  }

  #shut(): void {
    if (this.#place.hidden) return;
    this.#bar?.close();
    show(this.#place, false);
    setAttribute(this.button, "aria-expanded", "false");
  }
}
