/** What is going on, in one line: seen by all, spoken only where the words below say so and only once. */
import { isResponding, leafOf, type View } from "../state";
import { type Strings, wordFor } from "../strings";
import { SENTENCES, tame } from "../tame";
import type { ChatView } from "../wire";
import { errorWords } from "../words";
import type { Desk } from "./desk";
import { h, setText, show } from "./dom";

export interface State {
  kind: "idle" | "busy" | "waiting" | "quiet";
  /** Seen. */
  text: string;
  /** Spoken; "" for nothing. */
  spoken: string;
}

const idle: State = { kind: "idle", text: "", spoken: "" };
const busy = (text: string): State => ({ kind: "busy", text, spoken: text });
const quiet = (text: string): State => ({ kind: "quiet", text, spoken: text });

/** `left` is what remains of a wait, in seconds. */
export function stateOf(strings: Strings, view: View, left: number): State {
  const { chat, sync } = view.talk;
  if (!chat) return idle;
  if ([...view.pending.values()].some((each) => each.overdue)) return quiet(strings.overdue);
  if (sync !== "live") return quiet(strings.catchingUp);
  if (!isResponding(view))
    return view.pending.size && isSendingText(view) ? { kind: "busy", text: strings.sending, spoken: "" } : idle;
  return runningState(strings, chat, view, left);
}

const isSendingText = (view: View): boolean =>
  [...view.pending.values()].some(({ order }) => ["send", "edit", "retry", "new"].includes(order.do));

function runningState(strings: Strings, chat: ChatView, view: View, left: number): State {
  if (chat.status === "elsewhere") return quiet(strings.elsewhere);
  if (chat.wait) {
    const text = strings.busy(tame(wordFor(strings.waits, chat.wait.why)), left);
    return { kind: "waiting", text, spoken: strings.busyLive };
  }
  if (chat.silent > 0) return { kind: "waiting", text: strings.silent(Math.round(chat.silent)), spoken: "" };
  return busy(leafOf(view)?.state === "judging" ? strings.judging : strings.responding);
}

/** What to say when a reply is over. An ending is read out with its message, and only there. */
export function closingWord(strings: Strings, view: View): string {
  const leaf = leafOf(view);
  if (leaf?.ending || leaf?.tip === "ended") return "";
  switch (leaf?.state) {
    case "stopped":
      return strings.stopped;
    case "failed":
    case "interrupted":
      return tame(leaf.error ? errorWords(strings, leaf.error).what : (leaf.note ?? strings.interrupted), SENTENCES);
    case "refused":
      return strings.refused;
    default:
      return strings.done;
  }
}

export class StatusLine {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #text = h("span");
  #wait: ChatView["wait"] = null;
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #view: View | null = null;
  #spoken = "";
  #wasRunning = false;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.element = h("div", { class: "cvd-status", hidden: true }, h("i", { class: "cvd-pulse" }), this.#text);
    desk.signal.addEventListener("abort", () => clearInterval(this.#timer), { once: true });
  }

  update(view: View): void {
    const wait = view.talk.chat?.wait ?? null;
    if (wait !== this.#wait) this.#startWait(wait);
    this.#view = view;
    this.#paint();
    const running = isResponding(view);
    if (this.#wasRunning && !running) {
      this.#spoken = closingWord(this.#desk.strings, view);
      this.#desk.tell(this.#spoken); // nothing, too: nobody is responding any more
    }
    this.#wasRunning = running;
  }

  #paint(): void {
    if (!this.#view) return;
    const left = Math.max(0, Math.ceil((this.#until - performance.now()) / 1000));
    const state = stateOf(this.#desk.strings, this.#view, left);
    setText(this.#text, state.text);
    this.element.setAttribute("data-kind", state.kind);
    show(this.element, state.text !== "");
    if (state.spoken) this.#speak(state.spoken);
    else if (state.kind === "idle") this.#spoken = "";
  }

  #speak(text: string): void {
    if (text !== this.#spoken) this.#desk.tell(text);
    this.#spoken = text;
  }

  #startWait(wait: ChatView["wait"]): void {
    this.#wait = wait;
    clearInterval(this.#timer);
    this.#until = performance.now() + (wait?.seconds ?? 0) * 1000;
    if (wait) this.#timer = setInterval(() => this.#paint(), 1_000);
  }
}
