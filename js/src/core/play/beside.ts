/**
 * The controls of a lesson that is played in several chats in step: one bar above their panels, a view of its own. The
 * kernel says how things stand, all of it each time; whatever is pressed is answered so too.
 */
import { directionOfLanguage, formatsFor } from "../formats";
import { arrayOf, bool, type Check, fields, oneOf, record, text } from "../guard";
import { newId } from "../ids";
import { tame } from "../tame";
import { followTheme } from "../theme";
import type { Transport } from "../transport";
import { h, setText } from "../view/dom";
import { keepKeys } from "../view/keys";
import { type BesideMessage, lesson, type Order } from "../wire";
import { Bar } from "./bar";
import { lessonWords, orderOf } from "./lesson";
import type { Hand } from "./player";
import { type PlayStrings, playStrings } from "./strings";

/** Milliseconds after which a press that was not answered is explained. */
const LATE = 4_000;

const check: Check<BesideMessage> = fields<BesideMessage>({
  t: oneOf("beside"),
  lesson,
  sides: arrayOf(fields<BesideMessage["sides"][number]>({ policy: text, ended: bool })),
  theme: oneOf("auto", "light", "dark"),
  size: oneOf("normal", "presenter"),
});

let views = 0;

export class BesidePlayer {
  readonly element: HTMLElement;
  readonly #transport: Transport;
  readonly #words: PlayStrings;
  readonly #number: (value: number) => string;
  readonly #bar: Bar;
  readonly #spoken = h("p", { class: "cvd-hidden", role: "status" });
  readonly #setTheme: ReturnType<typeof followTheme>;
  #now: BesideMessage | null = null;
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, language: string, signal: AbortSignal) {
    this.#transport = transport;
    const words = playStrings(language);
    this.#words = words;
    this.#number = formatsFor(language).number;
    views += 1;
    const named = { player: words.besidePlayer, pause: words.besidePause, restart: words.besideRestart };
    this.#bar = new Bar(
      { elementId: (name) => `cvd-beside-${views}-${name}` },
      {
        words: { ...lessonWords(words), ...named },
        press: (hand) => this.#press(hand),
        seeks: false,
        leave: null,
      },
    );
    const attributes = { class: "cvd-root cvd-pair", "aria-label": words.besidePlayer, hidden: true };
    this.element = h("section", attributes, this.#bar.element, this.#spoken);
    this.element.lang = /^de\b/i.test(language) ? language : "en";
    this.element.dir = directionOfLanguage(this.element.lang);
    this.#setTheme = followTheme(this.element, signal);
    keepKeys(this.element, signal);
    transport.onMessage((message) => this.#hear(message), signal);
    signal.addEventListener("abort", () => clearTimeout(this.#late), { once: true });
    this.#send({ do: "hello", have: null });
  }

  #hear(message: unknown): void {
    if (!record(message) || !check(message)) return;
    clearTimeout(this.#late);
    this.#now = message;
    this.#draw("");
  }

  #press(hand: Hand): void {
    const order = this.#now && orderOf(hand, this.#now.lesson);
    if (order) this.#send({ do: "rehearse", ...order });
  }

  #send(order: Order): void {
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#draw(this.#words.besideLate), LATE);
    try {
      this.#transport.send({ t: "command", c: newId(), conversation: "", ...order });
    } catch {
      // no kernel at the moment: that is said when it has been late for a while
    }
  }

  #draw(late: string): void {
    if (!this.#now) return;
    const { lesson, sides, theme, size } = this.#now;
    const words = this.#words;
    const [at, of] = [this.#number(lesson.at), this.#number(lesson.of)];
    const note = late || this.#noteOf();
    this.element.hidden = false;
    this.element.setAttribute("data-size", size);
    this.#setTheme(theme);
    this.#bar.update({
      ...lesson,
      label: words.lesson,
      name: lesson.title,
      place: lesson.at ? words.turn(at, of) : words.lessonLoaded(of),
      note,
      locked: !late && sides.every(({ ended }) => ended),
      idle: lesson.over,
    });
    setText(this.#spoken, note);
  }

  /** Where it ended, and, once the lesson is over, where one can go on. */
  #noteOf(): string {
    const { lesson, sides } = this.#now as BesideMessage;
    const words = this.#words;
    const names = (which: boolean) =>
      sides.flatMap(({ policy, ended }) => (ended === which ? [`\u2068${tame(policy)}\u2069`] : [])).join(", ");
    const [ended, open] = [names(true), names(false)];
    const parts = [
      lesson.over && words.besideOver,
      ended && words.besideEnded(ended),
      lesson.over && open && words.besideOpen(open),
    ];
    return parts.filter(Boolean).join(" ");
  }
}
