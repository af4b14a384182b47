/** A saved conversation in an element: the panel without anything to press that would need a kernel, or a clear word. */
import { formatsFor } from "../core/formats";
import { addStyle } from "../core/style";
import type { Transport } from "../core/transport";
import { button, h } from "../core/view/dom";
import type { ChatView } from "../core/wire";
import type { Copy, Read } from "./document";
import css from "./lab.css";
import { moduleOf } from "./parts";
import { Still } from "./still";
import { words } from "./strings";

interface PanelModule {
  mount(options: { transport: Transport; el: HTMLElement; signal: AbortSignal }): void;
}

export type Look = Pick<ChatView, "theme" | "size">;

export class Paper {
  readonly element: HTMLElement;
  readonly #note = h("p", { class: "cvd-copy-note" });
  readonly #place = h("div", { class: "cvd-copy-place" });
  #over = new AbortController();
  #look: Look;
  #still: Still | null = null;

  constructor(element: HTMLElement, look: Look) {
    this.element = element;
    this.#look = { theme: look.theme, size: look.size };
    element.classList.add("cvd-copy");
    element.append(this.#note, this.#place);
    addStyle(element, css);
  }

  show(read: Read, { theme, size }: Look = this.#look): void {
    this.#look = { theme, size };
    if ("problem" in read) this.#say(read.problem);
    else if (read.copy.rows.length === 0) this.#say(words.copyEmpty);
    else this.#showCopy(read.copy);
  }

  /** Takes away what is drawn; it can be shown again. */
  clear(): void {
    this.#over.abort();
    this.#over = new AbortController();
    this.#still = null;
    this.#note.textContent = "";
    this.#place.replaceChildren();
  }

  dispose(): void {
    this.#over.abort();
    this.element.replaceChildren();
  }

  #showCopy(copy: Copy): void {
    const { number } = formatsFor(navigator.language);
    const parts = [
      words.copyTitle,
      copy.earlier ? words.copyEarlier(number(copy.earlier)) : "",
      copy.others ? words.copyOthers(number(copy.others)) : "",
    ];
    this.#note.textContent = parts.filter(Boolean).join(" ");
    if (this.#still) this.#still.show(copy, this.#look);
    else this.#open(copy);
  }

  async #open(copy: Copy): Promise<void> {
    const still = new Still(copy, this.#look, (error) => {
      console.error(error);
      this.clear();
      this.#say(words.unshowable);
    });
    this.#still = still;
    this.#place.replaceChildren(h("p", { role: "status" }, words.opening));
    try {
      const { mount } = (await moduleOf("panel")) as PanelModule;
      if (this.#still !== still || this.#over.signal.aborted) return;
      this.#place.replaceChildren();
      mount({ transport: still, el: this.#place, signal: this.#over.signal });
    } catch (error) {
      console.error(error);
      if (this.#still !== still) return;
      this.#say(words.partMissing, button({ label: words.again, showLabel: true, onPress: () => this.#open(copy) }));
    }
  }

  /** A word in the place of the conversation. */
  #say(problem: string, ...more: HTMLElement[]): void {
    this.#still = null;
    this.#note.textContent = "";
    this.#place.replaceChildren(h("p", { role: "status", class: "cvd-copy-problem" }, problem), ...more);
  }
}
