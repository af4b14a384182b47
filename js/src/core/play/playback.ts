/**
 * Playback: a stored branch is shown once more, in the panel and at some speed, without any call.
 *
 * - It is a state of one view. No event, no write to the store, no command; other views and the chat never notice.
 * - The transcript draws what `shownAt` makes of the view as it is: so warnings, notices and the end come where they
 *   stood, and nothing can be played that is not stored.
 * - The pace comes from the text (`score.ts`); the player's state is a pure reducer (`player.ts`); here is its clock.
 * - The composer makes room for the bar, whose label says all the time what this is. What can be done with a message,
 *   and every way on, waits until playback is left; then the conversation is as it was, draft and all.
 * - The branch is fixed when it begins: it may grow meanwhile. It is left where the person goes to another branch, or
 *   the panel to another conversation. A long one is waited for, page by page.
 * - Each message is read out once, when it is whole; at reduced motion it appears whole.
 */
import { wantsStillness } from "../reveal";
import { isLocked, type View } from "../state";
import { pathTo } from "../tree";
import type { Desk } from "../view/desk";
import { button, show } from "../view/dom";
import { icon } from "../view/icons";
import type { PlayMessage } from "../wire";
import { Bar } from "./bar";
import { begin, type Hand, hasBegun, isOver, move, type Player, position, shareOf } from "./player";
import { scoreOf, storedPart } from "./score";
import { shownAt, Unfinished } from "./shown";
import { type PlayStrings, playStrings } from "./strings";

/** What playback may do with the panel that it plays in. */
export interface Stage {
  /** Draws what is shown anew; where only a message has `grown`, only that. */
  redraw(grown: boolean): void;
  announce(messages: readonly string[]): void;
  /** From now on this view reads out, and keeps to the newest message. */
  act(): void;
  /** What has the focus when playback is left. */
  home(): void;
}

/** Milliseconds from one tick to the next; prose flows between them by itself. After a standstill only so many count. */
const TICK = 50;
const MOST = 250;

interface Branch {
  conversation: string;
  /** Its last message. */
  tip: string | undefined;
  /** `null` while messages of it are on their way. */
  path: readonly string[] | null;
  /** The end of the branch that was shown: where the person goes elsewhere, playback is left. */
  beside: string | undefined;
}

export class Playback {
  readonly #desk: Desk;
  readonly #stage: Stage;
  readonly #words: PlayStrings;
  readonly #bar: Bar;
  readonly #place: HTMLElement;
  readonly #unfinished = new Unfinished();
  #view: View;
  #branch: Branch | null = null;
  #player: Player = begin([]);
  #note = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last = 0;

  /** `place` holds the bar, in the element that holds the panel's parts. */
  constructor(desk: Desk, place: HTMLElement, stage: Stage, view: View) {
    this.#desk = desk;
    this.#stage = stage;
    this.#place = place;
    this.#view = view;
    this.#words = playStrings(desk.language);
    const { leave, leaveHint } = this.#words;
    const onPress = () => this.close();
    this.#bar = new Bar(desk, {
      words: this.#words,
      press: (hand) => this.#press(hand),
      seeks: true,
      leave: button({
        label: leave,
        icon: icon("close"),
        title: leaveHint,
        showLabel: true,
        class: "cvd-soft",
        onPress,
      }),
    });
    place.replaceChildren(this.#bar.element);
  }

  get on(): boolean {
    return this.#branch !== null;
  }

  /** Plays what the kernel asks for; without that, the branch that is shown, for whoever has pressed a button. */
  open(wish?: PlayMessage): void {
    const view = this.#view;
    const conversation = view.talk.chat?.conversation;
    if (!conversation || (wish && wish.conversation !== conversation)) return;
    const beside = view.path.at(-1);
    this.#branch = { conversation, tip: wish ? wish.m : beside, path: null, beside };
    this.#player = begin([], wish?.speed);
    this.#root?.classList.add("cvd-playing");
    show(this.#place, true);
    if (!wish) this.#stage.act();
    if (!wish || this.#hasFocus(this.#root)) this.#bar.focus(); // what had it may go
    this.#find();
    this.#draw(null);
  }

  focus(): void {
    this.#bar.focus();
  }

  /** Shows the conversation as it is; `false` where it is shown already. */
  close(): boolean {
    if (!this.#end()) return false;
    this.#stage.redraw(false);
    return true;
  }

  /** What the transcript is to draw: the view as it is, or as it was at this moment of the branch. */
  shown(view: View): View {
    const before = this.#view;
    this.#view = view;
    if (this.#branch && view !== before) this.#keep(this.#branch);
    const path = this.#branch?.path;
    if (!this.#branch) return view;
    return shownAt(view, path ?? [], this.#player, wantsStillness(), this.#unfinished);
  }

  get #root(): Element | null {
    return this.#place.closest(".cvd-root");
  }

  #hasFocus(within: Element | null): boolean {
    return within?.contains((within.getRootNode() as Document | ShadowRoot).activeElement) ?? false;
  }

  /** The view has changed under what is played. */
  #keep(branch: Branch): void {
    const { talk, path, seen } = this.#view;
    const elsewhere = branch.beside !== undefined && !path.includes(branch.beside);
    if (talk.chat?.conversation !== branch.conversation || elsewhere) {
      this.#end();
      return;
    }
    if (!branch.path) {
      this.#find();
      this.#run();
      this.#paintBar();
    }
    if (seen) this.#player = move(this.#player, { type: "pause" });
  }

  #end(): boolean {
    if (!this.#branch) return false;
    const had = this.#hasFocus(this.#place);
    this.#branch = null;
    clearTimeout(this.#timer);
    this.#root?.classList.remove("cvd-playing");
    show(this.#place, false);
    if (had) this.#stage.home();
    return true;
  }

  /** The branch from its first message on, once all of it is here; a saved copy may begin later. */
  #find(): void {
    const { talk } = this.#view;
    const branch = this.#branch;
    if (!branch) return;
    const path = pathTo(talk.rows, branch.tip ?? null);
    const whole = talk.rows.get(path[0] ?? "")?.p === null;
    if (!whole && (talk.arriving || talk.sync !== "live")) return;
    branch.path = storedPart(talk, path);
    this.#player = begin(scoreOf(talk, branch.path), this.#player.speed);
  }

  #press(hand: Hand): void {
    this.#stage.act();
    const before = this.#player;
    this.#player = move(before, hand);
    this.#draw(before, hand);
    if (hand.type === "step" && hand.by < 0) this.#desk.tell(this.#placeWords());
  }

  #tick(): void {
    if (this.#desk.signal.aborted) return;
    const now = performance.now();
    const before = this.#player;
    const hand: Hand = { type: "tick", ms: Math.min(MOST, now - this.#last) };
    this.#last = now;
    this.#player = move(before, hand);
    this.#draw(before, hand);
  }

  #run(): void {
    clearTimeout(this.#timer);
    if (this.#player.playing) this.#timer = setTimeout(() => this.#tick(), TICK);
  }

  /** Brings the panel from one moment to the next. */
  #draw(before: Player | null, hand?: Hand): void {
    const now = this.#player;
    if (!before?.playing) this.#last = performance.now();
    const still = wantsStillness();
    const picture = (player: Player) => [player.at, hasBegun(player), still && shareOf(player) !== null].join();
    const same = before !== null && picture(before) === picture(now);
    if (!same) this.#stage.redraw(false);
    else if (!still && hasBegun(now)) this.#stage.redraw(true);
    this.#paintBar();
    this.#run();
    const on = hand?.type === "tick" || (hand?.type === "step" && hand.by > 0);
    const whole = on && before ? (this.#branch?.path?.slice(before.at, now.at) ?? []) : [];
    if (whole.length) this.#stage.announce(whole);
  }

  #paintBar(): void {
    const player = this.#player;
    const { playing, speed, score } = player;
    const note = this.#noteOf();
    const locked = note === this.#words.ended;
    if (note !== this.#note && !locked) this.#desk.tell(note); // the end is read out with its message
    this.#note = note;
    const [at, of] = [position(player), score.length];
    const place = of ? this.#placeWords() : "";
    this.#bar.update({
      label: this.#words.label,
      name: "",
      at,
      of,
      place,
      playing,
      speed,
      note,
      locked,
      idle: of === 0,
    });
  }

  #placeWords(): string {
    const { number } = this.#desk.formats;
    const [at, of] = [position(this.#player), this.#player.score.length];
    return at ? this.#words.place(number(at), number(of)) : this.#words.start(number(of));
  }

  #noteOf(): string {
    const words = this.#words;
    const path = this.#branch?.path;
    if (!path) return words.coming;
    if (!path.length) return this.#branch?.tip === this.#branch?.beside ? words.nothing : words.gone;
    if (!isOver(this.#player)) return "";
    return isLocked({ ...this.#view, path }) ? words.ended : words.over;
  }
}
