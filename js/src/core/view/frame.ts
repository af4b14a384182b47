/**
 * A frame within the panel for what comes from the kernel when it is first opened: it says so meanwhile, offers another
 * try, closes with Esc, and gives the focus back to where it was opened from.
 */
import type { Desk } from "./desk";
import { button, h, show } from "./dom";

interface Content {
  readonly element: HTMLElement;
  focus(): void;
}

export interface FrameOptions<Held extends Content> {
  attributes: Record<string, string>;
  /** What has the focus afterwards, where what had it is gone. */
  opener(): HTMLElement | null;
  come(): Promise<Held>;
  /** Brings what it holds up to date. */
  fill(content: Held): void;
  /** It was opened or closed: what lies under it may be out of reach. */
  cover(open: boolean): void;
  leave(): void;
  /** Whether Esc meant something inside. */
  escape?(content: Held): boolean;
}

export class Frame<Held extends Content> {
  readonly element: HTMLElement;
  content: Held | null = null;
  readonly #desk: Desk;
  readonly #options: FrameOptions<Held>;
  readonly #waiting = h("div", { class: "cvd-frame-wait", tabindex: -1 });
  #loading = false;
  #openedFrom: HTMLElement | null = null;

  constructor(desk: Desk, options: FrameOptions<Held>) {
    this.#desk = desk;
    this.#options = options;
    this.element = h("div", { ...options.attributes, hidden: true }, this.#waiting);
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  get #active(): HTMLElement | null {
    const { activeElement } = this.element.getRootNode() as Document | ShadowRoot;
    return activeElement instanceof HTMLElement ? activeElement : null;
  }

  open(): void {
    if (this.element.hidden) this.#openedFrom = this.#active;
    show(this.element, true);
    this.#options.cover(true);
    if (this.content) {
      this.#options.fill(this.content);
      this.content.focus();
    } else {
      this.#fetch();
      this.#waiting.focus({ preventScroll: true });
    }
  }

  close(): void {
    const had = this.element.contains(this.#active);
    show(this.element, false);
    this.#options.cover(false);
    const from = this.#openedFrom;
    const there = from?.isConnected && !from.closest("[hidden]");
    if (had) (there ? from : this.#options.opener())?.focus({ preventScroll: true });
  }

  async #fetch(): Promise<void> {
    if (this.#loading) return;
    const { strings, signal } = this.#desk;
    this.#loading = true;
    this.#waiting.replaceChildren(h("p", { role: "status" }, strings.drawerOpening));
    try {
      const content = await this.#options.come();
      if (!signal.aborted) this.#hold(content);
    } catch {
      const again = button({ label: strings.tryAgain, class: "cvd-soft", onPress: () => this.#fetch() });
      const close = button({ label: strings.close, class: "cvd-quiet", onPress: () => this.#options.leave() });
      this.#waiting.replaceChildren(h("p", { role: "status" }, strings.drawerFailed), again, close);
    } finally {
      this.#loading = false;
    }
  }

  #hold(content: Held): void {
    const focused = this.element.contains(this.#active);
    this.content = content;
    this.#waiting.replaceWith(content.element);
    if (this.element.hidden) return;
    this.#options.fill(content);
    if (focused) content.focus();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
    event.stopPropagation(); // it stops no reply from here
    event.preventDefault();
    if (!this.content || !this.#options.escape?.(this.content)) this.#options.leave();
  }
}
