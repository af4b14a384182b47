/**
 * The frame that the transcript is read through. It follows the bottom only while the reader is there, and never moves
 * anything outside itself.
 */
import type { Desk } from "./desk";
import { button, h, show } from "./dom";
import { icon } from "./icons";

/** Pixels from the bottom that still count as being there. */
const NEAR = 48;

export interface Reader {
  /** The reader has moved, or what is read has another size. */
  onMove(): void;
  /** To the first message, or to the last. */
  onGo(where: "start" | "end"): void;
}

export class Scroller {
  readonly element: HTMLElement;
  readonly #frame: HTMLElement;
  readonly #jump: HTMLButtonElement;
  readonly #reader: Reader;
  #following = true;
  #top = 0;
  #sized = false;

  constructor(desk: Desk, content: HTMLElement, reader: Reader) {
    this.#reader = reader;
    const { strings, signal } = desk;
    const attributes = { class: "cvd-scroller", role: "region", tabindex: 0, "aria-label": strings.transcript };
    this.#frame = h("div", attributes, content);
    this.#jump = button({
      label: strings.jump,
      icon: icon("arrowDown"),
      showLabel: true,
      class: "cvd-jump",
      onPress: () => {
        this.focus();
        reader.onGo("end");
      },
    });
    show(this.#jump, false);
    this.element = h("div", { class: "cvd-transcript" }, this.#frame, this.#jump);
    this.#frame.addEventListener("scroll", () => this.moved(), { passive: true, signal });
    this.#frame.addEventListener("keydown", (event) => this.#onKey(event), { signal });
    this.#watchSize(content, signal);
  }

  get following(): boolean {
    return this.#following;
  }

  get box(): DOMRect {
    return this.#frame.getBoundingClientRect();
  }

  focus(): void {
    this.#frame.focus({ preventScroll: true });
  }

  /** From here on it keeps to the bottom, until the reader goes up. */
  follow(): void {
    this.#following = true;
    this.#stick();
  }

  /** From here on it stays where it is. */
  stay(): void {
    this.#following = false;
  }

  scrollTo(top: number): void {
    this.#frame.scrollTop = top;
  }

  scrollBy(pixels: number): void {
    this.#frame.scrollTop += pixels;
  }

  /** Something has grown. Where the browser reports sizes it says so itself, once it has laid out the page. */
  grown(): void {
    if (!this.#sized) this.#stick();
  }

  /** Brings an element into sight. */
  reveal(element: HTMLElement, edge: "start" | "end" = "start"): void {
    const frame = this.box;
    const box = element.getBoundingClientRect();
    if (box.top >= frame.top && box.bottom <= frame.bottom) return;
    this.#following = false;
    this.scrollBy(edge === "start" ? box.top - frame.top - 16 : box.bottom - frame.bottom + 16);
  }

  /** Where the browser does not itself keep what is read in its place while something comes above it, this does. */
  keepPlace(elements: Iterable<HTMLElement>, change: () => void): void {
    const { top } = this.box;
    const kept = anchors() ? undefined : [...elements].find((each) => each.getBoundingClientRect().bottom > top);
    const before = kept?.getBoundingClientRect().top ?? 0;
    change();
    if (kept) this.scrollBy(kept.getBoundingClientRect().top - before);
  }

  moved(): void {
    const { scrollTop } = this.#frame;
    if (this.#atBottom()) this.#following = true;
    else if (scrollTop < this.#top - 1) this.#following = false; // the reader went up; growth never does
    this.#top = scrollTop;
    this.#offerJump();
    this.#reader.onMove();
  }

  #watchSize(content: HTMLElement, signal: AbortSignal): void {
    if (typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(() => {
      this.#stick();
      this.#reader.onMove();
    });
    observer.observe(content);
    observer.observe(this.#frame);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
    this.#sized = true;
  }

  #stick(): void {
    if (this.#following) {
      this.#frame.scrollTop = this.#frame.scrollHeight;
      this.#top = this.#frame.scrollTop;
    }
    this.#offerJump();
  }

  #atBottom(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#frame;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #offerJump(): void {
    const offered = !this.#following && !this.#atBottom();
    if (!offered && document.activeElement === this.#jump) this.focus();
    show(this.#jump, offered);
  }

  /** Home and End at once, not through all that lies between. */
  #onKey(event: KeyboardEvent): void {
    const { key, target, altKey, shiftKey } = event;
    if ((key !== "Home" && key !== "End") || altKey || shiftKey) return;
    if (target instanceof Element && target.closest("textarea, input, select")) return;
    event.preventDefault();
    this.#reader.onGo(key === "Home" ? "start" : "end");
  }
}

const anchors = (): boolean => typeof CSS !== "undefined" && CSS.supports?.("overflow-anchor", "auto");
