/**
 * The controls of a player, whatever it plays: a label that says what this is, where it is, and the hands on it. Keys
 * work wherever the focus is in here, and nowhere else: Space plays and pauses, the arrows go on, back, faster and
 * slower; buttons are pressed as anywhere. "Keys" says so.
 */
import { tame } from "../tame";
import type { Desk } from "../view/desk";
import { button, h, setAttribute, setText, show } from "../view/dom";
import { drawn, icon } from "../view/icons";
import { SPEEDS, type Speed } from "../wire";
import type { Hand } from "./player";

/** The words that differ from one thing that is played to another. */
export interface BarWords {
  player: string;
  play: string;
  pause: string;
  again: string;
  restart: string;
  back: string;
  forward: string;
  progress: string;
  speed: string;
  times(speed: number): string;
  timesLong(speed: number): string;
  keys: string;
  keysHere: string;
  keySpace: string;
  keyPlay: string;
  keyForward: string;
  keyBack: string;
  keySpeed: string;
  keyLeave: string;
}

/** What the bar shows. */
export interface Face {
  label: string;
  /** A name from outside that follows the label; "" for none. */
  name: string;
  /** How far it is, and how far it goes. */
  at: number;
  of: number;
  place: string;
  playing: boolean;
  speed: Speed;
  /** What there is to say beyond the place; "" for nothing. */
  note: string;
  /** The note says that a conversation has ended. */
  locked: boolean;
  /** Nothing can be played at the moment. */
  idle: boolean;
}

export interface BarOptions {
  words: BarWords;
  press(hand: Hand): void;
  /** Whether one can go back and to any place, not only on. */
  seeks: boolean;
  /** Stands at the end of the label's line. */
  leave: HTMLElement | null;
}

const paths = {
  restart: "M13 8a5 5 0 1 1-1.6-3.7M13 2.6v2.8h-2.8",
  back: "M11.6 3.6v8.8L5.6 8zM4 3.6v8.8",
  forward: "M4.4 3.6v8.8L10.4 8zM12 3.6v8.8",
};
const sign = (name: keyof typeof paths): SVGSVGElement => drawn(paths[name], name);

export class Bar {
  readonly element: HTMLElement;
  readonly #options: BarOptions;
  readonly #label = h("span");
  readonly #name = h("bdi");
  readonly #track: HTMLInputElement | HTMLProgressElement;
  readonly #place = h("span", { class: "cvd-play-place" });
  readonly #play: HTMLButtonElement;
  readonly #faces = { play: icon("play"), pause: icon("pause"), again: sign("restart") };
  readonly #back: HTMLButtonElement;
  readonly #forward: HTMLButtonElement;
  readonly #speeds: HTMLButtonElement[];
  readonly #note = h("p", { class: "cvd-play-note", hidden: true });
  readonly #noteWords = h("span");
  readonly #lock = icon("lock");

  constructor(desk: Pick<Desk, "elementId">, options: BarOptions) {
    this.#options = options;
    const { words, press, seeks, leave } = options;
    const small = (label: string, sign: SVGElement, hand: Hand) =>
      button({ label, icon: sign, class: "cvd-quiet", onPress: () => press(hand) });
    const restart = small(words.restart, sign("restart"), { type: "restart" });
    this.#back = small(words.back, sign("back"), { type: "step", by: -1 });
    this.#forward = small(words.forward, sign("forward"), { type: "step", by: 1 });
    this.#play = button({ label: words.play, icon: this.#faces.play, onPress: () => press({ type: "toggle" }) });
    this.#play.classList.add("cvd-play-toggle");
    show(this.#back, seeks);
    this.#speeds = SPEEDS.map((speed) => this.#speed(speed));
    this.#track = seeks ? this.#slider() : h("progress", { class: "cvd-play-track", "aria-label": words.progress });
    this.#note.append(this.#lock, this.#noteWords);
    const kind = h(
      "p",
      { class: "cvd-play-label", id: desk.elementId(seeks ? "playback" : "lesson") },
      icon("play"),
      h("span", {}, this.#label, this.#name),
    );
    const speeds = h("div", { class: "cvd-play-speeds", role: "group", "aria-label": words.speed }, ...this.#speeds);
    const hands = h("div", { class: "cvd-play-hands" }, restart, this.#back, this.#play, this.#forward);
    this.element = h(
      "div",
      { class: "cvd-play-bar", role: "group", "aria-label": words.player, "aria-describedby": kind.id },
      h("div", { class: "cvd-play-top" }, kind, leave),
      h("div", { class: "cvd-play-line" }, this.#track, this.#place),
      h("div", { class: "cvd-play-line" }, hands, keysOf(words, seeks), speeds),
      this.#note,
    );
    this.element.addEventListener("keydown", (event) => this.#onKey(event));
  }

  focus(): void {
    this.#play.focus({ preventScroll: true });
  }

  update(face: Face): void {
    const { words } = this.#options;
    const { at, of, place, playing, idle, note } = face;
    setText(this.#label, face.label);
    setText(this.#name, tame(face.name));
    this.#track.max = of;
    this.#track.value = at as never; // a slider's is text, a progress bar's a number, and without one it runs to and fro
    setAttribute(this.#track, "aria-valuetext", place);
    setText(this.#place, place);
    const over = at >= of && !playing;
    const sign = playing ? "pause" : over && this.#options.seeks ? "again" : "play";
    if (this.#play.firstElementChild !== this.#faces[sign]) this.#play.replaceChildren(this.#faces[sign]);
    for (const name of ["aria-label", "title"]) setAttribute(this.#play, name, words[sign]);
    setAttribute(this.#play, "aria-disabled", idle || (over && sign === "play") ? "true" : null);
    setAttribute(this.#back, "aria-disabled", at === 0 ? "true" : null);
    setAttribute(this.#forward, "aria-disabled", idle || over ? "true" : null);
    this.#speeds.forEach((each, index) => {
      setAttribute(each, "aria-pressed", String(SPEEDS[index] === face.speed));
    });
    setText(this.#noteWords, note);
    show(this.#note, note !== "");
    this.#lock.toggleAttribute("hidden", !face.locked);
  }

  #slider(): HTMLInputElement {
    const { words, press } = this.#options;
    const attributes = { class: "cvd-play-track", type: "range", min: 0, step: 1, "aria-label": words.progress };
    const slider = h("input", attributes);
    slider.addEventListener("input", () => press({ type: "seek", at: Number(slider.value) }));
    return slider;
  }

  #speed(speed: Speed): HTMLButtonElement {
    const { words, press } = this.#options;
    const onPress = () => press({ type: "speed", speed });
    return button({ label: words.times(speed), title: words.timesLong(speed), class: "cvd-play-speed", onPress });
  }

  #onKey(event: KeyboardEvent): void {
    const { key, target } = event;
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (key === " ") {
      if ((target as Element).matches("button, summary")) return; // it is pressed
      event.preventDefault();
      if (!event.repeat) this.#play.click();
      return;
    }
    if (!key.startsWith("Arrow")) return;
    event.preventDefault(); // the slider would go its own step, past a message that is half said
    if (key === "ArrowUp" || key === "ArrowDown") {
      const now = this.#speeds.findIndex((each) => each.getAttribute("aria-pressed") === "true");
      this.#speeds[now + (key === "ArrowUp" ? 1 : -1)]?.click();
      return;
    }
    const rightward = getComputedStyle(this.element).direction !== "rtl";
    const hand = (key === "ArrowRight") === rightward ? this.#forward : this.#back;
    if (!hand.hidden) hand.click();
  }
}

/** What each key does, for whoever asks. */
function keysOf(words: BarWords, seeks: boolean): HTMLElement {
  const line = (keys: string[], does: string) => h("li", {}, ...keys.map((key) => h("kbd", {}, key)), " ", does);
  const forward = h("li", {}, h("kbd", { class: "cvd-play-onward" }, "→"), " ", words.keyForward);
  const back = h("li", {}, h("kbd", { class: "cvd-play-onward" }, "←"), " ", words.keyBack);
  const lines = [line([words.keySpace], words.keyPlay), forward, seeks && back, line(["↑", "↓"], words.keySpeed)];
  const list = h("ul", {}, ...lines, seeks && line(["Esc"], words.keyLeave));
  return h("details", { class: "cvd-play-keys" }, h("summary", {}, words.keys), h("p", {}, words.keysHere), list);
}
