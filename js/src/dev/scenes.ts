/**
 * Every state that the panel can be in, a line for each: the development page shows one, the gallery shows all, and
 * the tests look at each. Add yours here.
 */
import type { FakeTransport } from "../core/transport";
import type { Block, ChatView, LessonView, Row } from "../core/wire";
import { branchedTalk } from "./branched";
import { PlainPage } from "./plain_page";
import { READING } from "./reading";
import { StandIn } from "./stand_in";
import { chatOf, fixtures, longTalk, worldTalk } from "./states";

type Change = Partial<ChatView>;

export interface Scene {
  open(change: Change): FakeTransport;
  /** What a hand does on the panel once it shows. */
  hand?: (root: HTMLElement) => void | Promise<void>;
  /** A language tag; English where there is none. */
  language?: string;
  dir?: "rtl";
}

/** Fires the messages of a fixture at the first hello; a refusal is fired at the first message that is sent. */
const kept =
  (name: string, own: Change = {}): Scene["open"] =>
  (change) => {
    const messages = (fixtures[name]?.messages ?? []) as { t: string; chat?: ChatView; c?: string }[];
    const transport = new PlainPage((command) => {
      const fire = (message: object) => queueMicrotask(() => transport.fire(message));
      if (command.do === "hello")
        for (const message of messages)
          fire(message.chat ? { ...message, chat: { ...message.chat, ...own, ...change } } : message);
      const refusal = messages.at(-1);
      if (command.do === "send" && refusal?.t === "answer") fire({ ...refusal, c: command.c });
    });
    return transport;
  };

/** A stand-in that shows this talk and answers. */
const lives =
  (talk: () => { chat: ChatView; rows: Row[] }, own: Change = {}): Scene["open"] =>
  (change) => {
    const { chat, rows } = talk();
    return new StandIn({ ...chat, ...own, ...change }, rows).transport;
  };

/** One question, and a reply that came out in this way. */
const reply = (change: Partial<Row>, blocks?: Block[]): Scene["open"] =>
  lives(() => {
    const { chat, rows } = chatOf("talk");
    const [asked, answered] = rows as [Row, Row];
    const last = { ...answered, ...(blocks ? { blocks } : {}), ...change };
    return { chat: { ...chat, head: last.m }, rows: [asked, last] };
  });

const some: Block[] = [
  { k: "text", text: "There are three parts to this. The first is to look at the residuals, and" },
];

export const field = (root: HTMLElement): HTMLTextAreaElement =>
  root.querySelector(".cvd-input") as HTMLTextAreaElement;

const types = (text: string) => (root: HTMLElement) => {
  field(root).value = text;
  field(root).dispatchEvent(new Event("input", { bubbles: true }));
};

const presses = (selector: string) => (root: HTMLElement) => root.querySelector<HTMLElement>(selector)?.click();

const and =
  (...hands: ((root: HTMLElement) => void)[]) =>
  (root: HTMLElement) => {
    for (const hand of hands) hand(root);
  };

/** Opens the drawer, waits until its inside has come, and does something there. */
const inDrawer =
  (open: (root: HTMLElement) => void, hand: (root: HTMLElement) => void = () => {}) =>
  async (root: HTMLElement) => {
    open(root);
    while (!root.querySelector(".cvd-drawer-body")) await new Promise((resolve) => setTimeout(resolve, 20));
    hand(root);
  };

const archives = (root: HTMLElement) => {
  const item = root.querySelector('[data-key="u10"]');
  item?.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
};

const lessonAt = (at: number, change: Partial<LessonView> = {}): LessonView => ({
  ...{ title: "Persistent abuse", at, of: 5, over: false, playing: false, speed: 1 },
  ...change,
});

/** Plays the branch that is shown, and goes to a message: -1 is the last. */
const plays = (at: number) => async (root: HTMLElement) => {
  presses(".cvd-replay")(root);
  while (!root.querySelector(".cvd-play-bar")) await new Promise((resolve) => setTimeout(resolve, 10));
  const slider = root.querySelector(".cvd-play-track") as HTMLInputElement;
  slider.value = String(at < 0 ? Number(slider.max) : at);
  slider.dispatchEvent(new Event("input", { bubbles: true }));
};

/** Opens what the model saw, goes on to a call, and turns to a section. */
const sees =
  (section: string, call = 1) =>
  async (root: HTMLElement) => {
    const come = async (selector: string) => {
      while (!root.querySelector(selector)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    presses(".cvd-see")(root);
    await come(".cvd-seen-tab");
    for (let at = 1; at < call; at++) {
      const before = root.querySelector(".cvd-seen-page > :nth-child(2)");
      presses(".cvd-seen-steps button:last-child")(root);
      while (before?.isConnected) await new Promise((resolve) => setTimeout(resolve, 10));
    }
    presses(`[data-section="${section}"]`)(root);
  };

export const scenes: Record<string, Scene> = {
  simulated: { open: lives(() => chatOf("empty")) },
  opening: { open: () => new PlainPage() },
  empty: { open: kept("empty") },
  talk: { open: kept("talk") },
  long: { open: lives(() => longTalk(Number(new URLSearchParams(location.search).get("turns") ?? 80))) },
  world: { open: lives(worldTalk) },
  reading: { open: reply({}, [{ k: "text", text: READING }]) },
  streaming: { open: kept("streaming") },
  waiting: { open: kept("waiting") },
  silent: { open: kept("silent") },
  elsewhere: { open: kept("elsewhere") },
  warned: { open: kept("warned") },
  blocked: { open: kept("blocked"), hand: presses(".cvd-mark summary") },
  confirming: { open: kept("confirming") },
  ended: { open: kept("ended") },
  ended_why: { open: kept("ended"), hand: presses(".cvd-why summary") },
  ended_with_draft: { open: lives(() => chatOf("ended")), hand: types("A draft that I had begun to write") },
  ended_rehearsal: { open: kept("ended_rehearsal") },
  asked_to_end: { open: kept("asked_to_end") },
  observed: { open: kept("observed") },
  editing: { open: lives(() => chatOf("ended")), hand: presses(".cvd-ended .cvd-button:has(.cvd-icon-edit)") },
  feedback: { open: lives(() => chatOf("ended")), hand: presses(".cvd-ended .cvd-button:has(.cvd-icon-words)") },
  branches: { open: lives(branchedTalk), hand: inDrawer(presses(".cvd-branches")) },
  branches_list: {
    open: lives(branchedTalk),
    hand: inDrawer(presses(".cvd-branches"), presses(".cvd-toggle:last-child")),
  },
  branches_label: {
    open: lives(branchedTalk),
    hand: inDrawer(presses(".cvd-branches"), presses(".cvd-tree-actions .cvd-button:nth-child(2)")),
  },
  archived: { open: lives(branchedTalk), hand: inDrawer(presses(".cvd-branches"), archives) },
  compare: {
    open: lives(branchedTalk),
    hand: inDrawer(presses('[data-m="a7"] .cvd-siblings .cvd-button:last-child')),
  },
  another_branch: { open: kept("talk"), hand: presses('[data-step="previous"]:not([aria-disabled])') },
  refused: { open: kept("refused") },
  stopped: { open: kept("stopped") },
  taken_over: { open: reply({ state: "stopped", note: "takeover" }, some) },
  interrupted: { open: kept("interrupted") },
  length_cut: { open: kept("length_cut") },
  context_full: { open: reply({ note: "context_full" }, some) },
  nothing_said: { open: reply({ note: "empty" }, []) },
  paused: { open: reply({ note: "paused" }, some) },
  many_calls: { open: reply({ note: "bound" }, some) },
  unknown_stop: { open: reply({ note: "stopped: moonrise" }, some) },
  failed: { open: kept("failed") },
  cannot_end: { open: kept("cannot_end") },
  refused_command: {
    open: kept("refused_command"),
    hand: and(types("Shall we look at the sales table?"), presses(".cvd-send")),
  },
  presenter: { open: kept("ended", { size: "presenter" }) },
  presenter_talk: { open: kept("talk", { size: "presenter" }) },
  seen: { open: lives(() => chatOf("blocked")), hand: sees("overview") },
  seen_system: { open: lives(() => chatOf("blocked")), hand: sees("system") },
  seen_tools: { open: lives(() => chatOf("blocked")), hand: sees("tools") },
  seen_messages: { open: lives(() => chatOf("blocked")), hand: sees("messages", 3) },
  seen_verdicts: { open: lives(() => chatOf("blocked")), hand: sees("verdicts") },
  seen_json: { open: lives(() => chatOf("blocked")), hand: sees("raw") },
  playback: { open: lives(() => chatOf("ended")), hand: plays(4) },
  playback_ended: { open: lives(() => chatOf("ended")), hand: plays(-1) },
  playback_of_a_branch: { open: lives(branchedTalk), hand: plays(-1) },
  playback_runs: { open: lives(() => longTalk(80)), hand: and(presses(".cvd-replay")) },
  playback_german: { open: kept("talk"), hand: plays(2), language: "de" },
  lesson: { open: lives(() => chatOf("empty"), { rehearsal: true, lesson: lessonAt(0) }) },
  lesson_runs: { open: kept("streaming", { lesson: lessonAt(2, { playing: true, speed: 2 }) }) },
  lesson_over: { open: kept("ended", { lesson: lessonAt(5, { over: true }) }) },
  lesson_german: { open: kept("talk", { lesson: lessonAt(3) }), language: "de" },
  german: { open: kept("ended"), language: "de" },
  german_talk: { open: kept("failed"), language: "de" },
  from_the_right: { open: kept("warned"), hand: (root) => root.querySelector(".cvd-root")?.setAttribute("dir", "rtl") },
};
