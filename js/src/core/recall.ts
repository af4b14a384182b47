/**
 * Up in an empty composer brings back what was said before, as in a shell; Down leads forward again. A text that was
 * typed or touched is the person's: in it both keys move the caret and nothing else.
 */

/** What the field holds and where the caret is. */
export interface Held {
  text: string;
  /** The caret stands behind the last character and nothing is selected. */
  atEnd: boolean;
}

export class Recall {
  /** The text that was brought back last, and its place from the newest, which is 0. */
  #shown: { text: string; back: number } | null = null;

  /** The text to show, or `null` where the key is not ours. `own`: what the person said, the newest last. */
  step(key: string, held: Held, own: readonly string[]): string | null {
    const going = this.#shown !== null && held.text === this.#shown.text && held.atEnd;
    if (!going) this.#shown = null;
    if (held.text !== "" && (!going || held.text.includes("\n"))) return null;
    const back = (this.#shown?.back ?? -1) + (key === "ArrowUp" ? 1 : -1);
    if (back >= own.length || back < -1) return null;
    const text = back < 0 ? "" : (own[own.length - 1 - back] as string);
    this.#shown = back < 0 ? null : { text, back };
    return text;
  }
}
