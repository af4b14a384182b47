/** What stands in the transcript before the first message. */
import type { View } from "../state";
import { type Desk, Slot } from "./desk";
import { h } from "./dom";

export class Empty {
  readonly #slot = new Slot(h("div", { class: "cvd-empty", hidden: true }));
  readonly #desk: Desk;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get element(): HTMLElement {
    return this.#slot.element;
  }

  update(view: View, late: boolean): void {
    const { chat } = view.talk;
    this.#slot.set([chat === null, view.path.length === 0, late, chat?.rehearsal, chat?.can_end], () => {
      const { strings } = this.#desk;
      if (!chat) return h("p", { class: "cvd-opening" }, late ? strings.openingLong : strings.opening);
      if (view.path.length) return null;
      const fragment = document.createDocumentFragment();
      fragment.append(h("p", { class: "cvd-empty-title" }, strings.emptyTitle));
      if (chat.rehearsal) fragment.append(h("p", {}, strings.emptyRehearsal));
      fragment.append(h("p", {}, chat.can_end ? strings.emptyCanEnd : strings.emptyCannotEnd));
      const block = h("div", { class: "cvd-empty-words" });
      block.append(fragment);
      return block;
    });
  }
}
