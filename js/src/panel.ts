/** The panel chunk: `mount` puts one view of a chat into an element, until the signal says that it is over. */
import { Arrivals } from "./core/chunks";
import { catalogueOf, englishFor, wordsFor } from "./core/languages";
import css from "./core/panel.css";
import type { Words } from "./core/strings";
import { addStyle } from "./core/style";
import type { Transport } from "./core/transport";
import { Panel } from "./core/view/panel";

export interface MountOptions {
  transport: Transport;
  el: HTMLElement;
  signal: AbortSignal;
  /** A language tag; the browser's by default. */
  language?: string;
}

export function mount({ transport, el, signal, language = navigator.language }: MountOptions): void {
  if (signal.aborted) return;
  addStyle(el, css, true);
  const show = (words: Words) => {
    if (signal.aborted) return;
    const panel = new Panel(transport, words, signal);
    el.replaceChildren(panel.element);
    signal.addEventListener("abort", () => panel.element.remove(), { once: true });
  };
  const catalogue = catalogueOf(language);
  if (catalogue) wordsFor(catalogue, language, new Arrivals(transport, el, signal)).then(show);
  else show(englishFor(language));
}
