/** Playback of the branch that is shown, and the player of a lesson. All but a button comes when it is first needed. */
import type { LessonPlayer } from "../play/lesson";
import type { Playback, Stage } from "../play/playback";
import { noView, type View } from "../state";
import type { PlayMessage } from "../wire";
import type { Desk } from "./desk";
import { button, h, setAttribute, show } from "./dom";
import { icon } from "./icons";

export class Player {
  readonly element = h("div", { hidden: true });
  /** The controls of a lesson, where the chat has one. */
  readonly lesson = h("div", { class: "cvd-lesson", hidden: true });
  readonly button: HTMLButtonElement;
  readonly #desk: Desk;
  readonly #stage: Stage;
  #playback: Playback | null = null;
  #lesson: LessonPlayer | null = null;
  #fetch: Promise<void> | null = null;
  #view: View = noView;

  constructor(desk: Desk, stage: Stage) {
    this.#desk = desk;
    this.#stage = stage;
    this.button = button({
      label: desk.strings.play,
      icon: icon("play"),
      class: "cvd-quiet cvd-replay",
      onPress: () => this.close() || this.open(),
    });
  }

  get on(): boolean {
    return this.#playback?.on ?? false;
  }

  focus(): void {
    this.#playback?.focus();
  }

  /** `false` where nothing is played. */
  close(): boolean {
    return this.#playback?.close() ?? false;
  }

  shown(view: View): View {
    this.#view = view;
    const shown = this.#playback?.shown(view) ?? view;
    show(this.button, view.path.length > 0);
    setAttribute(this.button, "aria-pressed", String(this.on));
    this.#rehearse();
    return shown;
  }

  #rehearse(): void {
    const lesson = this.#view.talk.chat?.lesson;
    show(this.lesson, lesson != null);
    this.lesson.closest(".cvd-root")?.classList.toggle("cvd-taught", lesson != null);
    if (!lesson) return;
    if (this.#lesson) this.#lesson.update(this.#view, lesson);
    else this.#fetch ??= this.#fetchLesson();
  }

  async #fetchLesson(): Promise<void> {
    const { LessonPlayer } = await this.#desk.chunk("play", Number.POSITIVE_INFINITY);
    this.#lesson = new LessonPlayer(this.#desk, this.lesson);
    this.#rehearse();
  }

  /** Plays what is wished for; without that, the branch that is shown, for whoever has pressed the button. */
  async open(wish?: PlayMessage): Promise<void> {
    const desk = this.#desk;
    try {
      const { Playback } = await desk.chunk("play");
      this.#playback ??= new Playback(desk, this.element, this.#stage, this.#view);
      this.#playback.open(wish);
    } catch {
      const words = desk.strings.drawerFailed;
      this.element.textContent = words;
      show(this.element, true);
      desk.tell(words);
    }
  }
}
