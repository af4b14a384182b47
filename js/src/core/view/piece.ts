/** One block of a text as it stands in the page: code in a frame of its own, tables in a scroller, formulas laid out. */
import { type Code, type Piece, setHtml } from "../markdown";
import { tame } from "../tame";
import { copyButton } from "./clipboard";
import type { Desk } from "./desk";
import { h } from "./dom";
import { finishOf } from "./finish";

/** Milliseconds from one colouring of code that grows to the next; longer code waits until it is complete. */
const RECOLOUR = 700;
const MOST_RECOLOURED = 8_000;

/** Characters of the name of a language. */
const LANGUAGE = 24;

/** A block of nothing but code: as it grows, text is added to what is in the page. */
const onlyCode = (piece: Piece): Code | null =>
  piece.codes.length === 1 && piece.html.startsWith("<pre>") ? (piece.codes[0] as Code) : null;

/** Equal HTML is equal code but for its language. */
const same = (a: Piece, b: Piece): boolean =>
  a.html === b.html && a.codes.every((code, index) => code.language === b.codes[index]?.language);

export class PieceView {
  readonly element = h("div", { class: "cvd-piece" });
  readonly #desk: Desk;
  readonly #codes: Element[] = [];
  #piece: Piece;
  #open: boolean;
  #coloured = performance.now();

  /** `open`: more of it may come. */
  constructor(desk: Desk, piece: Piece, open: boolean) {
    this.#desk = desk;
    this.#piece = piece;
    this.#open = open;
    setHtml(this.element, piece);
    this.#layOut(piece);
    const blocks = [...this.element.querySelectorAll("pre")];
    if (blocks.length === piece.codes.length)
      for (const [index, block] of blocks.entries()) this.#dressCode(block, index);
    for (const table of this.element.querySelectorAll("table")) this.#dressTable(table);
    if (!open) this.#colour();
    else if (onlyCode(piece)) this.#recolour();
  }

  /** Shows a later state of the same block in the same element; `false` where it has to be built anew. */
  take(piece: Piece, open: boolean): boolean {
    const [before, after] = [onlyCode(this.#piece), onlyCode(piece)];
    const element = this.#codes[0];
    if (before && after && element && before.language === after.language && after.text.startsWith(before.text)) {
      element.append(after.text.slice(before.text.length));
    } else if (!same(this.#piece, piece)) return false;
    const closed = this.#open && !open;
    this.#piece = piece;
    this.#open = open;
    if (closed) this.#colour();
    else if (open && after && performance.now() - this.#coloured >= RECOLOUR) this.#recolour();
    return true;
  }

  #layOut({ formulas }: Piece): void {
    const places = [...this.element.querySelectorAll("var")];
    if (places.length !== formulas.length) return;
    formulas.forEach((formula, index) => {
      const place = places[index] as HTMLElement;
      place.replaceWith(finishOf(this.#desk).formula(place.textContent ?? "", formula));
    });
  }

  #colour(): void {
    for (const [index, element] of this.#codes.entries())
      finishOf(this.#desk).colour(element, () => this.#piece.codes[index] as Code);
  }

  #recolour(): void {
    const [code, element] = [onlyCode(this.#piece), this.#codes[0]];
    if (!code || !element || code.text.length > MOST_RECOLOURED) return;
    finishOf(this.#desk).recolour(element, code);
    this.#coloured = performance.now();
  }

  #dressTable(table: HTMLElement): void {
    const attributes = { class: "cvd-table", role: "group", tabindex: 0, "aria-label": this.#desk.strings.table };
    const scroller = h("div", attributes);
    table.replaceWith(scroller);
    scroller.append(table);
  }

  #dressCode(block: HTMLElement, index: number): void {
    const { strings } = this.#desk;
    const language = tame(this.#piece.codes[index]?.language ?? "", LANGUAGE);
    const name = h("span", { class: "cvd-code-name" }, language);
    const copy = copyButton(this.#desk, strings.copyCode, () => this.#piece.codes[index]?.text ?? "");
    const frame = h("div", { class: "cvd-code", dir: "ltr" }, h("div", { class: "cvd-code-bar" }, name, copy));
    block.setAttribute("tabindex", "0");
    block.setAttribute("role", "group");
    block.setAttribute("aria-label", language ? `${strings.code}: ${language}` : strings.code);
    block.replaceWith(frame);
    frame.append(block);
    this.#codes.push(block.firstElementChild ?? block);
  }
}
