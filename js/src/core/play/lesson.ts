/**
 * The player of a lesson: the same controls as playback has, on a script whose turns are really sent. The kernel plays,
 * and says where it is; here is nothing but the bar. It is there from the start, so that nobody overlooks a lesson.
 */
import { isLocked, type View } from "../state";
import type { Desk } from "../view/desk";
import type { LessonView, Order } from "../wire";
import { Bar } from "./bar";
import type { Hand } from "./player";
import { type PlayStrings, playStrings } from "./strings";

type Act = Extract<Order, { do: "rehearse" }>["act"];

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
      words: {
        ...words,
        player: words.lessonPlayer,
        play: words.lessonPlay,
        pause: words.lessonPause,
        restart: words.lessonRestart,
        forward: words.lessonForward,
        progress: words.lessonProgress,
      },
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
    const locked = over && isLocked(view);
    const note = locked ? words.lessonEnded : over ? words.lessonOver : "";
    if (note !== this.#note && note && !locked) this.#desk.tell(note);
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
    const { playing, speed } = this.#lesson as LessonView;
    if (hand.type === "toggle") this.#send(playing ? "pause" : "play", speed);
    else if (hand.type === "step") this.#send("step", speed);
    else if (hand.type === "speed") this.#send("pace", hand.speed);
    else if (hand.type === "restart") this.#send("reset", speed);
  }

  #send(act: Act, speed: LessonView["speed"]): void {
    this.#desk.dispatch({ type: "rehearse", c: this.#desk.newId(), act, speed });
  }
}
