/** The sidebar: the chats of the store with their states, to be found, opened, renamed and put away. */
import { Widget } from "@lumino/widgets";
import { formatsFor, isTime } from "../core/formats";
import { addStyle } from "../core/style";
import { tame } from "../core/tame";
import { button, fill, h, show } from "../core/view/dom";
import css from "./lab.css";
import { type ShelfChat, shownOf } from "./shelf_model";
import { words } from "./strings";

export interface Hands {
  find(text: string): void;
  fresh(): void;
  /** A new one beside the notebook in sight. */
  beside(): void;
  open(chat: ShelfChat): void;
  rename(chat: ShelfChat): void;
  archive(chat: ShelfChat, archived: boolean): void;
  /** Starts a kernel for the list. */
  start(): Promise<void>;
}

export interface Shown {
  connected: boolean;
  /** `null` until the kernel has told. */
  chats: readonly ShelfChat[] | null;
  more: boolean;
  find: string;
  problem: string;
  /** There is a notebook in sight that a chat can be made beside. */
  canBeside: boolean;
}

export const NOTHING: Shown = {
  connected: false,
  chats: null,
  more: false,
  find: "",
  problem: "",
  canBeside: false,
};

const DAY = 86_400;
/** Milliseconds without a key press after which is looked for what was typed. */
const REST = 200;

export class ShelfView extends Widget {
  readonly #hands: Hands;
  readonly #search = h("input", { type: "search", "aria-label": words.find, placeholder: words.find, maxlength: 200 });
  readonly #archived = h("input", { type: "checkbox" });
  readonly #word = h("p", { class: "cvd-shelf-word", role: "status" });
  readonly #start = h("div", { class: "cvd-shelf-start" });
  readonly #list = h("ul", { class: "cvd-shelf-list", "aria-label": words.chats });
  readonly #beside: HTMLButtonElement;
  #shown: Shown = NOTHING;
  #starting = false;

  constructor(hands: Hands) {
    super();
    this.#hands = hands;
    this.addClass("cvd-shelf");
    addStyle(this.node, css);
    const fresh = button({
      label: words.newChat,
      class: "cvd-shelf-new",
      showLabel: true,
      onPress: () => hands.fresh(),
    });
    this.#beside = button({
      label: words.besideShort,
      title: words.beside,
      class: "cvd-shelf-new",
      showLabel: true,
      onPress: () => hands.beside(),
    });
    const news = h("div", { class: "cvd-shelf-news" }, fresh, this.#beside);
    const archived = h("label", { class: "cvd-shelf-archived" }, this.#archived, words.archived);
    fill(this.#start, button({ label: words.startList, showLabel: true, onPress: () => this.#begin() }));
    fill(this.node, h("div", { class: "cvd-shelf-head" }, news, this.#search, archived));
    fill(this.node, this.#word, this.#start, this.#list);
    let rest: ReturnType<typeof setTimeout> | undefined;
    this.#search.addEventListener("input", () => {
      clearTimeout(rest);
      rest = setTimeout(() => hands.find(this.#search.value), REST);
    });
    this.#archived.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  tell(shown: Shown): void {
    this.#shown = shown;
    this.#draw();
  }

  protected override onActivateRequest(): void {
    this.#search.focus();
  }

  async #begin(): Promise<void> {
    this.#starting = true;
    this.#search.focus(); // the button goes
    this.#draw();
    try {
      await this.#hands.start();
    } finally {
      this.#starting = false;
      this.#draw();
    }
  }

  #draw(): void {
    const { connected, chats, canBeside } = this.#shown;
    const rows = shownOf(chats ?? [], this.#archived.checked);
    show(this.#beside, canBeside);
    show(this.#start, !connected && !this.#starting);
    this.#word.textContent = this.#wordFor(rows.length);
    show(this.#word, this.#word.textContent !== "");
    const focused = this.#list.contains(document.activeElement) ? document.activeElement : null;
    const row = focused?.closest("li");
    const place = [...this.#list.children].indexOf(row as Element);
    this.#list.replaceChildren(...rows.map((chat) => this.#row(chat)));
    if (focused) this.#focus(focused.getAttribute("data-at") ?? "", place);
  }

  /** After a question that stood before the list: the focus goes back to what asked it, or is near it. */
  backTo(what: string, { conversation }: ShelfChat): void {
    this.#focus(`${what} ${conversation}`, 0);
  }

  /** What was put away leaves the focus to what is in its place now. */
  #focus(at: string, place: number): void {
    const same = this.#list.querySelector<HTMLElement>(`[data-at="${CSS.escape(at)}"]`);
    const near = this.#list.children[Math.min(place, this.#list.children.length - 1)];
    (same ?? near?.querySelector<HTMLElement>("button") ?? this.#search).focus();
  }

  #wordFor(count: number): string {
    const { connected, chats, more, find, problem } = this.#shown;
    if (problem) return problem;
    if (this.#starting) return words.starting;
    if (!connected) return words.noKernel;
    if (chats === null) return words.reading;
    if (count === 0) return find ? words.findNothing : this.#archived.checked ? words.noArchived : words.noChats;
    return more ? words.moreChats : "";
  }

  #row(chat: ShelfChat): HTMLElement {
    const { conversation, title, state, archived } = chat;
    const name = tame(title) || words.untitled;
    const act = (what: string, label: string, onPress: () => void) => {
      const made = button({ label, showLabel: true, class: "cvd-shelf-act", title: `${label}: ${name}`, onPress });
      made.setAttribute("data-at", `${what} ${conversation}`);
      return made;
    };
    const open = button({ label: "", class: "cvd-shelf-open", onPress: () => this.#hands.open(chat) });
    open.setAttribute("data-at", `open ${conversation}`);
    const facts = h("span", { class: "cvd-shelf-facts" });
    fill(
      facts,
      h("span", { class: "cvd-shelf-state" }, words.states[state]),
      h("span", {}, ` · ${whenOf(chat.changed)}`),
    );
    open.replaceChildren(h("bdi", { class: "cvd-shelf-title" }, name), facts);
    const acts = h("div", { class: "cvd-shelf-acts" });
    fill(
      acts,
      act("rename", words.rename, () => this.#hands.rename(chat)),
    );
    const put = archived ? words.restore : words.archive;
    fill(
      acts,
      act("archive", put, () => this.#hands.archive(chat, !archived)),
    );
    return h("li", { "data-state": state, "data-conversation": conversation }, open, acts);
  }
}

function whenOf(at: number): string {
  const formats = formatsFor(navigator.language);
  if (!isTime(at) || Date.now() / 1000 - at < DAY) return formats.time(at);
  return new Intl.DateTimeFormat(navigator.language, { dateStyle: "medium" }).format(at * 1000);
}
