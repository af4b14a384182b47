/**
 * The player of a lesson: the same controls as playback has, on a script whose turns are really sent. The kernel plays,
 * and says where it is; here is nothing but the bar. It is there from the start, so that nobody overlooks a lesson.
 */
import { isLocked, type View } from "../state";
import type { Desk } from "../view/desk";
import type { LessonView, Order } from "../wire";
import { Bar, type BarWords } from "./bar";
import type { Hand } from "./player";
import { type PlayStrings, playStrings } from "./strings";

type Steer = Omit<Extract<Order, { do: "rehearse" }>, "do">;

export class LessonPlayer {
  readonly #desk: Desk;
  readonly #words: PlayStrings;
  readonly #bar: Bar;
  #lesson: LessonView | null = null;
  #note = "";

  constructor(desk: Desk, place: HTMLElement) {
    this.#desk = desk;
    const words = playStrings(desk.language);
    this.#words = words;
    this.#bar = new Bar(desk, {
      words: lessonWords(words),
      press: (hand) => this.#press(hand),
      seeks: false,
      leave: null,
    });
    place.replaceChildren(this.#bar.element);
  }

  /** The chat has a lesson. */
  update(view: View, lesson: LessonView): void {
    this.#lesson = lesson;
    const words = this.#words;
    const { number } = this.#desk.formats;
    const { at, of, over, playing, speed } = lesson;
    const ended = isLocked(view);
    const locked = over && ended;
    const goesOn = ended && !playing ? words.lessonGoesOn : "";
    const note = locked ? words.lessonEnded : over ? words.lessonOver : goesOn;
    if (note !== this.#note && note && !ended) this.#desk.tell(note);
    this.#note = note;
    const place = at ? words.turn(number(at), number(of)) : words.lessonLoaded(number(of));
    this.#bar.update({
      label: words.lesson,
      name: lesson.title,
      at,
      of,
      place,
      playing,
      speed,
      note,
      locked,
      idle: over,
    });
  }

  #press(hand: Hand): void {
    const order = this.#lesson && orderOf(hand, this.#lesson);
    if (order) this.#desk.dispatch({ type: "rehearse", c: this.#desk.newId(), ...order });
  }
}

/** The words of a bar that plays a lesson. */
export const lessonWords = (words: PlayStrings): BarWords => ({
  ...words,
  player: words.lessonPlayer,
  play: words.lessonPlay,
  pause: words.lessonPause,
  restart: words.lessonRestart,
  forward: words.lessonForward,
  progress: words.lessonProgress,
});

/** What to ask of the kernel when a hand of the bar is pressed; `null` for one that a lesson does not have. */
export function orderOf(hand: Hand, { playing, speed }: LessonView): Steer | null {
  if (hand.type === "toggle") return { act: playing ? "pause" : "play", speed };
  if (hand.type === "step") return { act: "step", speed };
  if (hand.type === "speed") return { act: "pace", speed: hand.speed };
  return hand.type === "restart" ? { act: "reset", speed } : null;
}
