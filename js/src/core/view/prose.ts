/** The text of a reply as formatted blocks. While it grows, blocks that are complete stay as they are in the page. */
import { safeHref } from "../links";
import { format, formatAnyway, Growing, type Piece } from "../markdown";
import { LAST, nextLength, spreadAfter, wantsStillness } from "../reveal";
import type { Desk } from "./desk";
import { button, h } from "./dom";
import { PieceView } from "./piece";
import { folded } from "./said";

/** Milliseconds from one painting to the next: text flows at that pace, at half the work of every frame. */
const GAP = 24;
/** The pace slows down where painting takes more than a third of the time. */
const REST = 2;
/** Plain text longer than this, in characters, is folded at first. */
const FOLD = 20_000;

export class Prose {
  readonly element = h("div", { class: "cvd-prose" });
  readonly #desk: Desk;
  #painted: { piece: Piece; open: boolean; view: PieceView }[] = [];
  #growing: Growing | null = null;
  #text = "";
  #shown = 0;
  #final = false;
  #due = 0;
  #came = 0;
  #last = 0;
  #resume = 0;
  #frame = 0;

  constructor(desk: Desk) {
    this.#desk = desk;
    // the middle button opens links too, and says so by another event
    for (const type of ["click", "auxclick"]) this.element.addEventListener(type, keepUnsafeShut);
  }

  /** The text so far, of which more may come. */
  grow(text: string): void {
    this.#growing ??= new Growing(this.#desk.strings);
    this.#take(text, false);
  }

  /** The whole text. What is still on its way is revealed first. */
  settle(text: string): void {
    if (this.#final && text === this.#text) return;
    const goesOn = this.#growing !== null && text.startsWith(this.#text.slice(0, this.#shown));
    if (!goesOn) this.#shown = text.length;
    this.#take(text, true);
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #take(text: string, final: boolean): void {
    this.#text = text;
    this.#final = final;
    const now = performance.now();
    this.#due = now + (final ? LAST : spreadAfter(now - this.#came));
    this.#came = now;
    if (wantsStillness() || this.#shown >= text.length) {
      this.stop();
      this.#shown = text.length;
      this.#paint();
    } else if (!this.#frame) {
      this.#last = now;
      this.#frame = requestAnimationFrame(() => this.#tick());
    }
  }

  #tick(): void {
    this.#frame = 0;
    const now = performance.now();
    if (now >= this.#resume || now >= this.#due) {
      this.#shown = nextLength(this.#text, this.#shown, now - this.#last, this.#due - now);
      this.#last = now;
      this.#paint();
      const cost = performance.now() - now;
      this.#resume = now + Math.max(GAP, cost * (1 + REST));
    }
    if (this.#shown < this.#text.length) this.#frame = requestAnimationFrame(() => this.#tick());
  }

  #paint(): void {
    const complete = this.#final && this.#shown >= this.#text.length;
    const text = this.#text.slice(0, this.#shown);
    const { strings } = this.#desk;
    // what was formatted while it grew does not turn plain at its end
    const pieces = (complete && format(text, strings)) || (this.#growing?.pieces(text) ?? null);
    if (complete) this.#growing = null;
    if (pieces) this.#paintPieces(pieces, !complete);
    else this.#paintPlain(text, complete);
    this.#desk.grown();
  }

  /** `growing`: more of the last block may come. */
  #paintPieces(pieces: readonly Piece[], growing: boolean): void {
    if (this.#painted.length === 0) this.element.replaceChildren();
    for (const extra of this.#painted.splice(pieces.length)) extra.view.element.remove();
    pieces.forEach((piece, index) => {
      const open = growing && index === pieces.length - 1;
      const old = this.#painted[index];
      if (old?.piece === piece && old.open === open) return;
      const view = old?.view.take(piece, open) ? old.view : new PieceView(this.#desk, piece, open);
      if (!old) this.element.append(view.element);
      else if (old.view !== view) old.view.element.replaceWith(view.element);
      this.#painted[index] = { piece, open, view };
    });
  }

  #paintPlain(text: string, complete: boolean): void {
    const { strings } = this.#desk;
    this.#painted = [];
    const again = button({
      label: strings.showFormatted,
      class: "cvd-text-button",
      onPress: () => {
        const pieces = formatAnyway(text, strings);
        if (!pieces) return again.remove();
        this.#paintPieces(pieces, false);
        this.#desk.grown();
      },
    });
    const note = h("p", { class: "cvd-aside" }, `${strings.tooMuch} `, again);
    this.element.replaceChildren(folded(this.#desk, text, "cvd-plain", FOLD));
    if (complete) this.element.append(note);
  }
}

/** The last line: the parser and the sanitiser let no such link through. */
function keepUnsafeShut(event: Event): void {
  const link = event.target instanceof Element ? event.target.closest("a, area") : null;
  if (link && safeHref(link.getAttribute("href")) === null) event.preventDefault();
}
