/** The drawer of branches: beside the transcript, or over it where the panel is narrow; never outside the panel. */
import type { Branches } from "../../chunks/branches";
import type { View } from "../state";
import type { Desk } from "./desk";
import { setAttribute } from "./dom";
import { Frame } from "./frame";

export class DrawerFrame {
  readonly #frame: Frame<Branches>;
  readonly #desk: Desk;
  readonly #beside: HTMLElement;
  #view: View | null = null;

  /** `beside`: what the drawer may cover; `opener`: what has the focus after it, where what had it is gone. */
  constructor(desk: Desk, beside: HTMLElement, opener: () => HTMLElement | null) {
    this.#desk = desk;
    this.#beside = beside;
    const id = desk.elementId("drawer");
    this.#frame = new Frame<Branches>(desk, {
      attributes: {
        ...{ class: "cvd-drawer", role: "region", id },
        ...{ "aria-label": desk.strings.branches, "aria-labelledby": desk.elementId("drawer-title") },
      },
      opener,
      come: async () => {
        const { Branches } = await desk.chunk("branches");
        return new Branches(desk, this.#leave);
      },
      fill: (branches) => this.#view && branches.update(this.#view),
      cover: () => this.#cover(),
      leave: () => this.#leave.close(),
      escape: (branches) => branches.escape(),
    });
    if (typeof ResizeObserver !== "undefined") {
      const observer = new ResizeObserver(() => this.#cover());
      observer.observe(this.element);
      desk.signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    }
  }

  get element(): HTMLElement {
    return this.#frame.element;
  }

  update(view: View): void {
    const [was, is] = [this.#view?.drawer ?? null, view.drawer];
    this.#view = view;
    if (is && !was) this.#frame.open();
    else if (!is && was) this.#frame.close();
    if (!is) return;
    setAttribute(this.element, "data-page", is.page);
    this.#frame.content?.update(view);
  }

  readonly #leave = {
    close: () => this.#desk.dispatch({ type: "drawer", drawer: null }),
    to: (m: string) => {
      if (this.#covers) this.#desk.dispatch({ type: "drawer", drawer: null });
      this.#desk.goTo(m);
    },
  };

  get #covers(): boolean {
    return !this.element.hidden && getComputedStyle(this.element).position === "absolute";
  }

  /** What lies under the drawer is out of reach. */
  #cover(): void {
    this.#beside.toggleAttribute("inert", this.#covers);
  }
}
