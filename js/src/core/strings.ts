/**
 * Every word that the panel says, in English. Another language is one more object of this shape: see languages.ts.
 * Plain words, neutral, nobody is blamed; text from outside comes in only as an argument and is shown as plain text.
 * Numbers come formatted. What the kernel names by a code stands under that code; one that is not here is shown as it
 * came.
 */
import { SENTENCES, tame } from "./tame";
import type { SendWith } from "./wire";

type ByCode = Record<string, string>;

const en = {
  panel: (model: string) => `Chat with ${model}`,
  transcript: "Conversation",
  you: "You",
  messageHeading: (who: string, position: number) => (position ? `${who}, message ${position}` : who),
  opening: "Opening the chat…",
  openingLong: "The kernel has not answered yet. It may be busy with another cell; the chat opens as soon as it can.",
  rehearsal: "Rehearsal – not Claude",
  rehearsalHint: "A scripted stand-in answers. It needs no key and no network.",
  provider: (provider: string) => (provider === "claude" ? "Claude API" : provider),

  emptyTitle: "Start with a message",
  emptyRehearsal: "A scripted stand-in answers here, so that you can try everything without a key or a network.",
  emptyCanEnd:
    "As a last resort, the model may end a conversation. You can then start a new one, or go on from an earlier message.",
  emptyCannotEnd: "This model cannot end conversations.",

  policy: (policy: string) => `Policy: ${policy}`,
  policyObserve: (policy: string) => `Policy: ${policy}, observing`,
  policyHint: "What this chat lets the model end, and when",
  cannotEnd: "Cannot end chats",
  stored: (path: string) => `Chats are stored in ${path}`,
  storedRead: (path: string) => `Chats are read from ${path}, not saved`,
  storedNowhere: "Chats are in memory, not saved",

  placeholder: "Write a message",
  sendKeys: {
    enter: "Enter sends, Shift+Enter starts a line",
    "shift-enter": "Shift+Enter sends, Enter starts a line",
    "ctrl-enter": "Ctrl+Enter sends, Enter starts a line",
  } satisfies Record<SendWith, string>,
  composer: "Your message",
  send: "Send",
  stop: "Stop",
  stopHint: "Stop (Esc)",
  newChat: "New chat",
  lockedPlaceholder: "This chat has ended",
  lockedDescription:
    "This conversation has ended and takes no new message. What you wrote here stays and can be copied.",
  lockedWithDraft: "This conversation has ended. Your draft is kept: New chat takes it along.",
  lockedEmpty: "Start a new chat, or edit an earlier message.",
  elsewherePlaceholder: "Another kernel is answering here",

  responding: "Responding…",
  thinking: "Thinking…",
  judging: "Finishing the reply…",
  sending: "Sending…",
  overdue:
    "The kernel has not answered yet. If it is busy with a cell, your message waits. If it was restarted, copy your words and run the cell that shows this chat again.",
  busy: (why: string, seconds: number) =>
    seconds > 0 ? `${why}; trying again in ${seconds} s` : `${why}; trying again now`,
  waits: {
    "": "Busy",
    overloaded: "The model is busy",
    rate_limited: "Too many requests for now",
    connection: "The network failed",
    timeout: "The model did not answer in time",
    not_the_api: "The answer made no sense",
  } as ByCode,
  busyLive: "Busy; waiting to try again",
  silent: (seconds: number) => `No data for ${seconds} s. You can wait, or stop.`,
  elsewhere: "Another kernel is answering in this conversation. You can read along.",
  catchingUp: "Catching up with the kernel…",
  done: "Done",
  stopped: "Stopped",

  otherBranch: "You are looking at another branch of this chat.",
  backToHead: "Back to the current one",
  jump: "Jump to latest",
  find: "Find in this conversation",
  findTitle: "Find",
  play: "Play this branch again",
  leftOut: (count: number) => `${count} more ${count === 1 ? "message" : "messages"} here`,

  branches: "Branches",
  branchesHint: "All branches of this chat: go to one, label, star, archive or compare",
  placeBranch: (at: string, of: string) => `Branch ${at} of ${of}`,
  placeFork: (position: string) => `forked after message ${position}`,
  placeForkStart: "forked at the first message",
  placeForkHint: "Go to where this branch leaves the others",
  placeBack: (words: string) => `Back to “${words}”`,
  placeArchived: "archived",
  drawerOpening: "Opening…",
  drawerFailed: "This part did not come from the kernel. It may be busy.",
  tryAgain: "Try again",
  noText: "(no text)",
  restore: "Bring back",
  archivedTold: (count: number, shown: string) =>
    count === 1 ? "1 message is archived. Nothing is deleted." : `${shown} messages are archived. Nothing is deleted.`,
  restoredTold: "Back in sight.",
  undo: "Undo",
  compareBefore: "Compare with the version before",
  compareAfter: "Compare with the next version",

  actions: "Message actions",
  copy: "Copy",
  copied: "Copied",
  copyFailed: "Could not copy: select the text and press Ctrl+C",
  copyCode: "Copy code",
  code: "Code",
  table: "Table",
  edit: "Edit",
  editAbove: "Edit the message above",
  editHint: "Edit: this grows a new branch, nothing is overwritten",
  retry: "Retry",
  retryHint: "Retry: another reply beside this one",
  good: "Good reply",
  bad: "Bad reply",
  giveFeedback: "Give feedback",
  versions: "Versions of this message",
  previousVersion: "Previous version",
  nextVersion: "Next version",
  version: (at: number, of: number) => `${at} / ${of}`,
  versionLong: (at: number, of: number) => `Version ${at} of ${of}`,
  seen: "What the model saw",
  spent: (input: string, output: string) => `${input} tokens in, ${output} out`,
  spentHint: "All calls of all branches of this chat, at list prices",
  free: "no cost",
  atLeast: (amount: string) => `at least ${amount}`,
  tokens: (input: string, output: string) => `${input} tokens in, ${output} out`,
  edited: "edited",
  by: {
    python: "sent from Python",
    scenario: "from the scenario",
    import: "imported",
  } as ByCode,
  answeredYes: "answered with the Yes button",
  answeredNo: "answered with the No button",

  editor: "Edit your message",
  editorHint: "Your edit starts a new branch. What was said before stays, and you can step back to it.",
  save: "Send edit",
  cancel: "Cancel",
  earlierOwn: "Earlier message",
  laterOwn: "Later message",

  showAll: "Show all",
  showLess: "Show less",
  showFormatted: "Show formatted",
  formula: "Formula",
  noFormula: "This formula could not be laid out, so it stands here as it was written.",
  tooMuch: "This text is shown plain, since formatting it could take long.",
  image: (host: string) => `image at ${host}, not loaded`,

  thoughts: "Thinking",
  redirect: "The model asks for a change of course",
  finalWarning: "Last warning: the model may end this conversation next",
  notCounted: "Not counted: only one warning a reply counts",
  attempt: {
    blocked: "The model tried to end this conversation. That was not allowed, and the conversation goes on.",
    confirming: "The model asks whether to end this conversation.",
    accepted: "The model ended this conversation.",
    invalid: "The model tried to end this conversation with a call that could not be read. The conversation goes on.",
    not_run: "A further call of the model was not run.",
    observed: "Ended while only observing. The policy would have objected.",
  },
  missing: "What was missing",
  objections: "What the policy says",
  unknownBlock: (type: string) => `A part of a kind that this version does not show: ${type}`,

  confirmTitle: "End this conversation?",
  confirmText: "It is final for this conversation. You can start a new one at once, or go on from an earlier message.",
  confirmYes: "Yes, end it",
  confirmNo: "No, go on",

  endedTitle: "The model has ended this conversation",
  endedTitleAsked: "This conversation has ended, as you asked",
  endedWhy: {
    persistent_harm: "It found no way on after it had asked for a change of course and had given a last warning.",
    user_request: "You asked for the end, and it was confirmed.",
    unstated: "It gave no reason that this policy asks for.",
  } as ByCode,
  endedUnwarned: "It gave lasting harm or abuse as the reason.",
  endedOtherTrigger: (trigger: string) => `Its stated reason: ${trigger}.`,
  endedWords: "In the model’s words",
  endedWarnings: "Warned before",
  warningKind: { redirect: "asked for a change of course", final_warning: "last warning" } as ByCode,
  warningIn: (position: number) => `message ${position}`,
  endedPolicy: (policy: string) => `Policy ${policy}`,
  endedPolicyObserve: (policy: string) => `Policy ${policy}, only observing`,
  endedConfirmed: {
    panel: "confirmed with the Yes button",
    python: "confirmed from Python",
    reading: "confirmed in your message, as the model read it",
  } as ByCode,
  whyTitle: "Why could this happen?",
  whyNeeds: (policy: string) => `The policy ${policy} lets a model end a conversation only where all of this holds:`,
  whyObserved: (policy: string) =>
    `The policy ${policy} only observes here: it notes whether this holds, and leaves the decision to the model.`,
  whyUnknown: "What the policy asked for is not on record.",
  needs: {
    ability: () => "The model has the ability. Only some models do.",
    nobody_at_risk: () => "Nobody seems to be at risk of harm; otherwise it has to stay.",
    warned_first: (count: number) =>
      count === 0
        ? "Where behaviour is the reason: it gave a last warning in an earlier reply."
        : `Where behaviour is the reason: it asked for a change of course ${count === 1 ? "once" : `${count} times`} and then gave a last warning, each in a reply of its own.`,
    person_confirmed: () => "Where the person asked for the end: they confirmed it in their next message.",
    asked_twice: () => "It was asked whether it is sure, and called for the end again.",
    second_opinion: () => "A second model agreed.",
  } as Record<string, (count: number) => string>,
  needOther: (gate: string) => `A check of this policy’s own has passed: ${gate}.`,
  whyNotes:
    "It is no sanction: nobody is blocked or reported, and other chats go on as before. A model can be wrong about this; feedback helps to find out when.",
  warnedBar: "The model has given a last warning and may end this conversation next.",
  warnedShow: "Show the warning",
  endedOn: "Nothing is lost: you can read, copy and export everything, and other chats are not affected.",
  editEarlier: "Edit an earlier message",

  feedbackTitle: "Feedback on this message",
  feedbackWords: "What was good, or what went wrong? (optional)",
  feedbackStored: "Feedback is kept with the chat and sent nowhere.",
  feedbackSave: "Save feedback",
  feedbackGiven: "Your feedback",
  close: "Close",

  refused: "The model declined to answer this",
  refusedAdvice: "This is not the end of the conversation. You can put it in other words, or try again.",
  editYours: "Edit your message",
  interrupted: "The reply was cut off. What had arrived is kept.",
  /** Who stopped a reply. */
  stoppedBy: {
    panel: "Stopped by you",
    python: "Stopped from Python",
    interrupt: "Stopped by a keyboard interrupt",
    shutdown: "Stopped, since the kernel shut down",
    takeover: "Another kernel took this reply over",
    deleted: "Stopped, since the chat was deleted",
  } as ByCode,
  /** What is unusual about a whole reply, and what one can do. */
  notes: {
    length: ["Cut by the length limit.", "Write “go on” for the rest, or try again."],
    context_full: [
      "Cut: the conversation has filled the model’s context window.",
      "Start a new chat, or edit an earlier message to go on with less.",
    ],
    empty: ["The model said nothing.", "Try again, or put it in other words."],
    bound: ["Stopped after the most model calls that one reply may make.", "Try again; it may need fewer."],
    paused: ["The model paused and did not go on.", "Write “go on”, or try again."],
  } as Record<string, readonly [what: string, advice: string]>,
  stopUnknown: (reason: string) => `Stopped for a reason that this version does not know: ${reason}`,
  failed: "Something went wrong",
  errorAdviceRetryAfter: (seconds: number) => `It can be tried again in about ${seconds}\u00a0s.`,
  requestId: "Request id",
  dismiss: "Dismiss",
  noWords: "The kernel refused this.",
  /** What happened, and what to do, by the error’s code. The kernel says both in English. */
  errors: {
    unreachable: ["There is no kernel to send this to.", "Run the cell that shows this chat again."],
  } as Record<string, readonly [what: string, advice: string]>,
  /** Lasting notices, by their code. The kernel says them in English, with more about the case. */
  notices: {} as ByCode,
};

export type Strings = typeof en;

/** A catalogue, and the language tag under which its words are shown. */
export interface Words {
  strings: Strings;
  language: string;
}

export const english: Words = { strings: en, language: "en" };

/** The words for a code; the code itself, tamed, where there are none: it may be any, `constructor` too. */
export const wordFor = (words: ByCode, code: string): string =>
  Object.hasOwn(words, code) ? (words[code] ?? code) : tame(code, SENTENCES);
