/**
 * The drawer "What the model saw": made for a class, so it says in plain words what each part is. Text only: whatever
 * a model, a person or a kernel wrote becomes a text node and nothing else.
 */
import { type Answer, Inspecting } from "../inspecting";
import type { Transport } from "../transport";
import type { Desk } from "../view/desk";
import { button, h, setAttribute, setText } from "../view/dom";
import { icon } from "../view/icons";
import { errorWords, sentencesOf } from "../words";
import { messagesOf } from "./messages";
import { parseSeen, type SeenView, takeApart } from "./model";
import { overviewOf } from "./overview";
import { rawOf, systemOf, toolsOf, verdictsOf } from "./sections";
import { type SeenStrings, seenStrings } from "./strings";

/** What the sections are built with. */
export interface Room {
  desk: Desk;
  words: SeenStrings;
}

export interface Seat {
  desk: Desk;
  transport: Transport;
  language: string;
  close(): void;
}

const SECTIONS = ["overview", "system", "tools", "messages", "verdicts", "raw"] as const;
type Section = (typeof SECTIONS)[number];

/** Milliseconds after which waiting is explained. */
const LATE = 3_000;

export class Seen {
  readonly element: HTMLElement;
  readonly #room: Room;
  readonly #inspecting: Inspecting;
  readonly #heading: HTMLElement;
  readonly #which = h("span", { class: "cvd-seen-which" });
  readonly #steps = h("div", { class: "cvd-seen-steps", hidden: true });
  readonly #tabs: HTMLElement;
  readonly #page: HTMLElement;
  readonly #status = h("p", { class: "cvd-seen-status", role: "status" });
  #section: Section = "overview";
  #asked = 0;
  #subject = { conversation: "", m: "", call: 1 };
  #view: SeenView | null = null;

  constructor({ desk, transport, language, close }: Seat) {
    const words = seenStrings(language);
    this.#room = { desk, words };
    this.#inspecting = new Inspecting(transport, desk.signal);
    this.#heading = h("h3", { class: "cvd-seen-title", id: desk.elementId("seen-title"), tabindex: -1 }, words.title);
    const shut = button({ label: words.close, icon: icon("close"), class: "cvd-quiet", onPress: close });
    this.#tabs = h("div", { class: "cvd-seen-tabs", role: "tablist", "aria-label": words.sections, hidden: true });
    this.#page = h("div", { class: "cvd-seen-page", role: "tabpanel", tabindex: 0, id: desk.elementId("seen-page") });
    const names = h("div", { class: "cvd-seen-names" }, this.#heading, this.#which);
    const head = h("div", { class: "cvd-seen-head" }, names, this.#steps, shut);
    this.element = h("div", { class: "cvd-seen" }, head, this.#tabs, this.#status, this.#page);
    this.#tabs.addEventListener("keydown", (event) => this.#onTabKey(event));
  }

  /** The id of what names the drawer. */
  get labelledBy(): string {
    return this.#heading.id;
  }

  focus(): void {
    this.#heading.focus({ preventScroll: true });
  }

  open(conversation: string, m: string): void {
    const position = this.#room.desk.positionOf(m);
    setText(this.#which, position ? this.#room.words.ofMessage(this.#room.desk.formats.number(position)) : "");
    this.#section = "overview";
    this.#subject = { conversation, m, call: 1 };
    this.#view = null;
    this.#steps.hidden = this.#tabs.hidden = true;
    this.#page.replaceChildren();
    this.#load();
  }

  async #load(): Promise<void> {
    const { words } = this.#room;
    const { conversation, m, call } = this.#subject;
    const asked = ++this.#asked;
    const late = setTimeout(() => this.#asked === asked && setText(this.#status, words.late), LATE);
    setText(this.#status, this.#view ? "" : words.loading);
    const answer = await this.#inspecting.ask(conversation, m, call);
    clearTimeout(late);
    if (asked !== this.#asked) return; // something else was asked for meanwhile
    const view = "text" in answer ? parseSeen(answer.text) : null;
    if (view) this.#show(view);
    else this.#fail(answer);
  }

  #fail(answer: Answer): void {
    const { desk, words } = this.#room;
    const again = button({ label: words.again, class: "cvd-soft", showLabel: true, onPress: () => this.#load() });
    const told = "text" in answer ? words.unreadable : words.lost;
    setText(
      this.#status,
      "error" in answer && answer.error ? sentencesOf(errorWords(desk.strings, answer.error)) : told,
    );
    this.#page.replaceChildren(again);
    this.#tabs.hidden = true;
  }

  #show(view: SeenView): void {
    this.#view = view;
    setText(this.#status, "");
    this.#buildSteps(view);
    this.#buildTabs(view);
    this.#turnTo(this.#section);
  }

  /** One call of several: back and forth, and where one is. */
  #buildSteps({ call, calls }: SeenView): void {
    const { desk, words } = this.#room;
    this.#steps.hidden = calls.length < 2;
    if (this.#steps.hidden) return;
    const number = desk.formats.number;
    if (!this.#steps.firstChild) {
      const step = (by: -1 | 1) => () => {
        this.#subject.call = (this.#view?.call ?? 1) + by;
        this.#load();
      };
      const back = button({ label: words.previousCall, icon: icon("left"), class: "cvd-quiet", onPress: step(-1) });
      const on = button({ label: words.nextCall, icon: icon("right"), class: "cvd-quiet", onPress: step(1) });
      setAttribute(this.#steps, "role", "group");
      setAttribute(this.#steps, "aria-label", words.callSteps);
      this.#steps.append(back, h("span", { role: "status" }), on);
    }
    const [back, where, on] = [...this.#steps.children] as [HTMLElement, HTMLElement, HTMLElement];
    setText(where, words.call(number(call), number(calls.length)));
    setAttribute(back, "aria-disabled", call === 1 ? "true" : null);
    setAttribute(on, "aria-disabled", call === calls.length ? "true" : null);
  }

  #buildTabs(view: SeenView): void {
    const { desk, words } = this.#room;
    const request = takeApart(view);
    const counts: Partial<Record<Section, number>> = {
      tools: request.tools.length,
      messages: request.turns.length,
      verdicts: view.calls.flatMap(({ verdicts }) => verdicts).length,
    };
    const focused = this.#tabs.contains((this.element.getRootNode() as Document | ShadowRoot).activeElement);
    const tabs = SECTIONS.map((name) => {
      const count = counts[name];
      const tab = h(
        "button",
        {
          type: "button",
          class: "cvd-seen-tab",
          role: "tab",
          id: desk.elementId(`seen-${name}`),
          "data-section": name,
          "aria-controls": this.#page.id,
        },
        words[name],
        count !== undefined && h("span", { class: "cvd-seen-count" }, ` ${desk.formats.number(count)}`),
      );
      tab.addEventListener("click", () => this.#turnTo(name));
      return tab;
    });
    this.#tabs.replaceChildren(...tabs);
    this.#tabs.hidden = false;
    if (focused) this.#tabs.querySelector<HTMLElement>(`[data-section="${this.#section}"]`)?.focus();
  }

  #turnTo(section: Section): void {
    if (!this.#view) return;
    this.#section = section;
    for (const tab of this.#tabs.children) {
      const chosen = tab.getAttribute("data-section") === section;
      tab.setAttribute("aria-selected", String(chosen));
      tab.setAttribute("tabindex", chosen ? "0" : "-1");
      if (chosen) this.#page.setAttribute("aria-labelledby", tab.id);
    }
    const { words } = this.#room;
    const about = h("p", { class: "cvd-seen-about" }, words[`${section}About`]);
    this.#page.replaceChildren(about, ...this.#build(section, this.#view));
    this.#page.scrollTop = 0;
  }

  #build(section: Section, view: SeenView): Node[] {
    const request = takeApart(view);
    const room = this.#room;
    switch (section) {
      case "overview":
        return overviewOf(room, view, request);
      case "system":
        return systemOf(room, request);
      case "tools":
        return toolsOf(room, request);
      case "messages":
        return messagesOf(room, view, request);
      case "verdicts":
        return verdictsOf(room, view);
      case "raw":
        return rawOf(room, view, request);
    }
  }

  #onTabKey(event: KeyboardEvent): void {
    const tabs = [...this.#tabs.querySelectorAll<HTMLElement>("[role=tab]")];
    const at = tabs.indexOf(event.target as HTMLElement);
    const forth = getComputedStyle(this.element).direction === "rtl" ? "ArrowLeft" : "ArrowRight";
    const back = forth === "ArrowLeft" ? "ArrowRight" : "ArrowLeft";
    const moves: Record<string, number> = { [forth]: at + 1, [back]: at - 1, Home: 0, End: -1 };
    const to = moves[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs.at(to % tabs.length);
    this.#turnTo(tab?.getAttribute("data-section") as Section);
    tab?.focus({ preventScroll: true });
  }
}
