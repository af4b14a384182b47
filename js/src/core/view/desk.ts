/** What every part of the panel may use: words, the one way to act, and unique ids. */
import type { ChunkName, Chunks } from "../chunks";
import type { Formats } from "../formats";
import type { Input } from "../state";
import type { Strings } from "../strings";
import type { Row } from "../wire";

export interface Desk {
  readonly strings: Strings;
  /** The tag of the language that the panel speaks. */
  readonly language: string;
  readonly formats: Formats;
  readonly signal: AbortSignal;
  dispatch(input: Input): void;
  /** The id of a command. */
  newId(): string;
  /** An element id that no other view has. */
  elementId(name: string): string;
  /** A part of the panel that comes when it is first needed: see core/chunks.ts. Rejects where it does not come. */
  chunk<Name extends ChunkName>(name: Name, patience?: number): Promise<Chunks[Name]>;
  /** Says a short thing to screen readers. */
  tell(text: string): void;
  /** Something in the transcript has grown: keep to the bottom where the reader is there. */
  grown(): void;
  /** Brings a message into sight and focuses it. */
  goTo(m: string): void;
  /** Where a message stands in the branch that is shown, from 1; 0 if it is not there, or not known yet. */
  positionOf(m: string): number;
  /** Opens the editor on the last own message at or above this one. */
  editAbove(row: Row): void;
}

/** A place whose content is built anew only when what it depends on has changed. */
export class Slot {
  readonly element: HTMLElement;
  #key: readonly unknown[] | null = null;

  constructor(element: HTMLElement) {
    this.element = element;
  }

  set(key: readonly unknown[], build: () => Node | null): void {
    if (this.#key?.length === key.length && key.every((value, index) => value === this.#key?.[index])) return;
    this.#key = key;
    const focused = this.#focusable().findIndex((element) => element.matches(":focus"));
    const content = build();
    this.element.replaceChildren(...(content ? [content] : []));
    this.element.hidden = !content;
    if (focused >= 0) this.#focusable()[focused]?.focus({ preventScroll: true });
  }

  /** What had the focus is found again by its place. */
  #focusable(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("button, textarea, summary")];
  }
}
