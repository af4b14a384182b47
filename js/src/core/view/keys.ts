/** Which key press sends, and which only confirms a character of an input method. */
import type { SendWith } from "../wire";

/** The Enter that ends a composition comes within this time, in milliseconds, after it. */
const JUST_AFTER = 100;

export class Composing {
  #ended = Number.NEGATIVE_INFINITY;

  constructor(field: HTMLElement) {
    field.addEventListener("compositionend", () => {
      this.#ended = performance.now();
    });
  }

  /** Safari ends the composition before it reports the key that ended it. */
  covers(event: KeyboardEvent): boolean {
    return event.isComposing || event.keyCode === 229 || performance.now() - this.#ended < JUST_AFTER;
  }
}

export function isSendKey(event: KeyboardEvent, sendWith: SendWith): boolean {
  if (event.key !== "Enter" || event.repeat || event.altKey) return false;
  const control = event.ctrlKey || event.metaKey;
  switch (sendWith) {
    case "enter":
      return !event.shiftKey && !control;
    case "shift-enter":
      return event.shiftKey && !control;
    case "ctrl-enter":
      return control;
  }
}

export const isRecallKey = ({ key, shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent): boolean =>
  (key === "ArrowUp" || key === "ArrowDown") && !(shiftKey || ctrlKey || altKey || metaKey);

const SPARED = "data-lm-suppress-shortcuts";

/** Key presses and pastes in the panel stay in the panel: `dd` deletes no cell. */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  // Notebook 7 hears keys before the panel does. It spares an element that says so itself, and asks no ancestor before.
  root.addEventListener("focusin", (event) => (event.target as Element).setAttribute(SPARED, "true"), { signal });
  const stay = (event: Event) => event.stopPropagation();
  for (const type of ["keydown", "keypress", "keyup", "paste", "copy", "cut", "beforeinput", "input"])
    root.addEventListener(type, stay, { signal });
}
