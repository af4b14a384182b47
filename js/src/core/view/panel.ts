/** One view of a chat, put together: what is dispatched is reduced, effects are done, every part is brought up to date. */
import { Arrivals, type ChunkName, type Chunks } from "../chunks";
import { keepDraft, recallDraft } from "../drafts";
import { directionOfLanguage, type Formats, formatsFor } from "../formats";
import { newId } from "../ids";
import { Link } from "../link";
import { type Effect, type Input, isResponding, noView, reduce, type View } from "../state";
import type { Strings, Words } from "../strings";
import { tame } from "../tame";
import { followTheme } from "../theme";
import type { Transport } from "../transport";
import type { Order, Row } from "../wire";
import { spentWords, storedWords } from "../words";
import { Announcer, spokenMessage } from "./announcer";
import { Bars } from "./bars";
import { Composer } from "./composer";
import type { Desk } from "./desk";
import { h, setAttribute, setText } from "./dom";
import { DrawerFrame } from "./drawer";
import { Editor } from "./editor";
import { Empty } from "./empty";
import { Finder } from "./finder";
import { Header } from "./header";
import { keepKeys } from "./keys";
import { Place } from "./place";
import { Player } from "./player";
import { SeenFrame } from "./seen";
import { StatusLine } from "./statusline";
import { Transcript } from "./transcript";

/** Milliseconds after which an opening that gets no answer is explained. */
const LATE = 4_000;
/** Milliseconds without a key press after which the draft is written to storage. */
const DRAFT_REST = 300;

/** Orders after which the reader stays where they are. */
const STAYS: ReadonlySet<Order["do"]> = new Set(["feedback", "stop", "mark", "archive"]);

let views = 0;

/** What acts on the conversation as it is: a playback ends first, so that nobody acts on what they do not see. */
const leavesPlayback = (input: Input): boolean => input.type === "new" || (input.type === "drawer" && !!input.drawer);

/** Deltas come often; they touch running replies and nothing else. */
const onlyGrown = (before: View, view: View): boolean =>
  before.talk !== view.talk &&
  before.talk.live !== view.talk.live &&
  before.talk.rows === view.talk.rows &&
  before.talk.chat === view.talk.chat &&
  before.talk.sync === view.talk.sync;

export class Panel implements Desk {
  readonly element: HTMLElement;
  readonly signal: AbortSignal;
  readonly strings: Strings;
  readonly language: string;
  readonly formats: Formats;
  readonly newId = newId;
  readonly #number = ++views;
  readonly #link: Link;
  readonly #arrivals: Arrivals;
  readonly #header: Header;
  readonly #empty: Empty;
  readonly #transcript: Transcript;
  readonly #place: Place;
  readonly #drawer: DrawerFrame;
  readonly #finder: Finder;
  readonly #player: Player;
  readonly #editor: Editor;
  readonly #bars: Bars;
  readonly #status: StatusLine;
  readonly #composer: Composer;
  readonly #announcer: Announcer;
  readonly #middle = h("div", { class: "cvd-middle" });
  readonly #stored = h("span", { class: "cvd-stored" });
  readonly #spent = h("span", { class: "cvd-spent" });
  readonly #seen: SeenFrame;
  readonly #setTheme: ReturnType<typeof followTheme>;
  readonly #listener: Parameters<Link["join"]>[0];
  #draftNumber = 0;
  #view: View = noView;
  #late = false;
  #keep: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, words: Words, signal: AbortSignal) {
    this.signal = signal;
    this.strings = words.strings;
    this.language = words.language;
    this.formats = formatsFor(words.language);
    this.#link = Link.of(transport);
    this.#header = new Header(this);
    this.#empty = new Empty(this);
    this.#transcript = new Transcript(this, this.#empty.element);
    this.#finder = new Finder(this, this.#transcript, () => this.#player.close());
    this.#header.add(this.#finder.button);
    this.#player = new Player(this, {
      redraw: (grown) => (grown ? this.#grow() : this.#render()),
      announce: (messages) => this.#announce(messages),
      act: () => {
        this.#link.speaker = this.#listener;
        this.#transcript.follow();
      },
      home: () => this.#player.button.focus(),
    });
    this.#header.add(this.#player.button);
    this.#place = new Place(this);
    const beside = h(
      "div",
      { class: "cvd-reading" },
      ...[this.#finder.element, this.#place.element, this.#transcript.element],
    );
    this.#drawer = new DrawerFrame(this, beside, () => this.#header.branches);
    this.#middle.append(beside, this.#drawer.element);
    this.#editor = new Editor(this);
    this.#bars = new Bars(this);
    this.#status = new StatusLine(this);
    this.#composer = new Composer(this);
    this.#announcer = new Announcer(this.strings.transcript);
    this.#seen = new SeenFrame(this, transport, words.language, () => this.#header.see);
    this.element = this.#assemble();
    this.element.lang = words.language;
    this.element.dir = directionOfLanguage(words.language);
    this.#arrivals = new Arrivals(transport, this.element, signal);
    this.#setTheme = followTheme(this.element, signal);
    this.#listenToKeys();
    this.#listener = {
      onTalk: (talk) => this.dispatch({ type: "talk", talk }),
      onAnswer: (answer) => this.dispatch({ type: "answer", answer }),
      onOverdue: (c) => this.dispatch({ type: "overdue", c }),
      onPlay: (wish) => this.#player.open(wish),
    };
    this.#draftNumber = this.#link.join(this.#listener, signal);
    this.#watchOpening();
    this.dispatch({ type: "talk", talk: this.#link.talk });
  }

  readonly dispatch = (input: Input): void => {
    if (this.signal.aborted) return;
    if (this.#player.on && leavesPlayback(input)) this.#player.close();
    const before = this.#view;
    const { view, effects } = reduce(before, input);
    this.#view = view;
    if (input.type === "draft") this.#composer.update(view);
    else if (onlyGrown(before, view)) this.#grow();
    else if (view !== before) this.#render();
    for (const effect of effects) this.#do(effect);
  };

  elementId(name: string): string {
    return `cvd-${this.#number}-${name}`;
  }

  chunk<Name extends ChunkName>(name: Name, patience?: number): Promise<Chunks[Name]> {
    return this.#arrivals.get(name, patience);
  }

  tell(text: string): void {
    if (this.#link.speaker === this.#listener) this.#announcer.tell(text);
  }

  grown(): void {
    this.#transcript.grown();
  }

  goTo(m: string): void {
    this.#transcript.goTo(m);
  }

  positionOf(m: string): number {
    return this.#view.talk.arriving ? 0 : this.#view.path.indexOf(m) + 1;
  }

  editAbove(row: Row): void {
    const { rows } = this.#view.talk;
    let at: Row | undefined = row;
    while (at && at.role !== "user") at = rows.get(at.p ?? "");
    if (at) this.dispatch({ type: "edit", m: at.m });
  }

  #assemble(): HTMLElement {
    this.#spent.title = this.strings.spentHint;
    const facts = h("p", { class: "cvd-facts" }, this.#spent, this.#stored);
    const last = h("div", { class: "cvd-last" }, this.#composer.hint, facts);
    const playing = [this.#player.element, this.#player.lesson];
    const writing = [this.#bars.element, ...playing, this.#status.element, this.#composer.element, last];
    const below = h("div", { class: "cvd-below" }, ...writing);
    const parts = [this.#header.element, this.#middle, below, this.#seen.element, this.#announcer.element];
    return h("section", { class: "cvd-root" }, ...parts);
  }

  #grow(): void {
    this.#transcript.grow(this.#player.shown(this.#view));
  }

  #render(): void {
    const view = this.#view;
    const shown = this.#player.shown(view);
    const { chat } = view.talk;
    const root = this.element;
    const page = root.getRootNode() as Document | ShadowRoot;
    const hadFocus = page.activeElement && root.contains(page.activeElement);
    root.setAttribute("aria-label", this.strings.panel(tame(chat?.model ?? "")));
    root.classList.toggle("cvd-open", chat !== null);
    // For whoever looks from outside which chat is here. What nothing was said in is stored nowhere.
    setAttribute(root, "data-conversation", view.talk.rows.size ? chat?.conversation : null);
    if (chat) this.#header.update(chat);
    this.#header.updateBranches(view);
    this.#place.update(view);
    this.#header.updateSeen(shown);
    if (chat) this.#setTheme(chat.theme);
    if (chat) root.setAttribute("data-size", chat.size);
    this.#empty.update(view, this.#late);
    this.#transcript.update(shown, this.#editor, chat?.send_with ?? "enter");
    this.#drawer.update(view);
    root.classList.toggle("cvd-drawer-open", view.drawer !== null);
    this.#finder.update(view, this.#player.on);
    this.#bars.update(shown);
    this.#status.update(view);
    this.#composer.update(view);
    this.#seen.update(view);
    if (chat) setText(this.#spent, spentWords(this.strings, this.formats, chat));
    if (chat) setText(this.#stored, storedWords(this.strings, chat.stored));
    // what had the focus may be gone; it goes to the composer then, never to the notebook
    if (hadFocus && !root.contains(page.activeElement)) (this.#player.on ? this.#player : this.#composer).focus();
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case "order":
        if (!STAYS.has(effect.order.do)) this.#transcript.follow();
        this.#link.order(this.#listener, effect.c, effect.order);
        break;
      case "focus":
        this.#focus(effect.on);
        break;
      case "announce":
        if (!this.#player.on) this.#announce(effect.messages);
        break;
      case "tell":
        this.tell(this.#toldOf(effect));
        break;
      case "keep":
        this.#keepDraft(effect.text);
        break;
      case "recall":
        this.#recallDraft(effect.conversation);
        break;
    }
  }

  #toldOf({ what, count }: Extract<Effect, { do: "tell" }>): string {
    const { strings, formats } = this;
    return what === "archived" ? strings.archivedTold(count, formats.number(count)) : strings.restoredTold;
  }

  #focus(on: Extract<Effect, { do: "focus" }>["on"]): void {
    if (on === "composer") this.#composer.focus();
    else if (on === "feedback") this.#transcript.focusFeedback(this.#view.feedback ?? "");
    else {
      this.#transcript.reveal(this.#editor.element);
      this.#editor.focus();
    }
  }

  #announce(messages: readonly string[]): void {
    if (this.#link.speaker !== this.#listener) return;
    for (const m of messages) {
      const row = this.#view.talk.rows.get(m);
      if (row) this.#announcer.announce(spokenMessage(this.strings, this.#view, row));
    }
  }

  #keepDraft(text: string): void {
    const conversation = this.#view.talk.chat?.conversation;
    if (!conversation) return;
    clearTimeout(this.#keep);
    this.#keep = setTimeout(() => keepDraft(conversation, this.#draftNumber, text), DRAFT_REST);
  }

  /** What stands in the composer goes along into another conversation; an empty one takes what was kept there. */
  #recallDraft(conversation: string): void {
    const { draft } = this.#view;
    const text = draft || recallDraft(conversation, this.#draftNumber);
    if (draft) this.#keepDraft(draft);
    else if (text) this.dispatch({ type: "draft", text });
  }

  #listenToKeys(): void {
    this.element.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || event.isComposing || event.keyCode === 229) return;
        if (this.#player.close()) return;
        if (isResponding(this.#view) && this.#composer.stops) this.dispatch({ type: "stop", c: newId() });
      },
      { signal: this.signal },
    );
    keepKeys(this.element, this.signal);
  }

  #watchOpening(): void {
    const timer = setTimeout(() => {
      this.#late = true;
      this.#render();
    }, LATE);
    this.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }
}
