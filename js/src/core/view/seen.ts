/** What the model saw lies over the panel, never outside of it; what is under it is out of reach meanwhile. */
import type { Seen } from "../seen/view";
import type { View } from "../state";
import type { Transport } from "../transport";
import type { Desk } from "./desk";
import { Frame } from "./frame";

export class SeenFrame {
  readonly #frame: Frame<Seen>;
  #m: string | null = null;
  #conversation = "";

  constructor(desk: Desk, transport: Transport, language: string, opener: () => HTMLElement) {
    const close = () => desk.dispatch({ type: "seen", m: null });
    this.#frame = new Frame<Seen>(desk, {
      attributes: { class: "cvd-over", role: "dialog", "aria-label": desk.strings.seen },
      opener,
      come: async () => {
        const { Seen } = await desk.chunk("seen");
        return new Seen({ desk, transport, language, close });
      },
      fill: (seen) => seen.open(this.#conversation, this.#m as string),
      cover: (open) => this.#cover(open),
      leave: close,
    });
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  update({ seen, talk }: View): void {
    if (seen === this.#m) return;
    this.#m = seen;
    this.#conversation = talk.chat?.conversation ?? "";
    if (seen === null) this.#frame.close();
    else this.#frame.open();
  }

  #cover(open: boolean): void {
    const root = this.element.parentElement;
    root?.classList.toggle("cvd-covered", open);
    for (const part of root?.children ?? [])
      if (part !== this.element && !part.querySelector("[role=log]")) part.toggleAttribute("inert", open);
  }
}
