/**
 * What screen readers hear: finished messages in a log, short words in a status. The transcript itself is not live,
 * so a reply of 500 tokens changes the log twice: once for the question, once for the whole answer.
 */
import type { View } from "../state";
import type { Strings } from "../strings";
import { blocksOf, textOf } from "../talk";
import { SENTENCES, tame } from "../tame";
import type { Row } from "../wire";
import { outcomeWords } from "../words";
import { h, setText } from "./dom";
import { endingTitle } from "./ending";

const MOST = 30;
/** Characters of one message; the rest is there to be read. */
const LONGEST = 20_000;

export function spokenMessage(strings: Strings, view: View, row: Row): string[] {
  const who = row.role === "user" ? strings.you : tame(row.model ?? view.talk.chat?.model ?? "");
  const blocks = blocksOf(view.talk, row);
  const marks = blocks.flatMap((block) => {
    if (block.k === "warning") return [block.kind === "final_warning" ? strings.finalWarning : strings.redirect];
    return block.k === "attempt" && block.verdict === "blocked" ? [strings.attempt.blocked] : [];
  });
  const confirming = row.role === "assistant" && row.tip === "confirming" ? strings.confirmTitle : "";
  const ended = row.ending ? `${endingTitle(strings, row.ending)}. ${strings.lockedDescription}` : "";
  const outcome = tame(outcomeWords(strings, row), SENTENCES);
  const words = tame(textOf(blocks), LONGEST);
  return [`${who}: ${words}`, ...marks, outcome, confirming, ended].filter(Boolean);
}

export class Announcer {
  readonly element: HTMLElement;
  readonly #log: HTMLElement;
  readonly #status: HTMLElement;

  constructor(label: string) {
    this.#log = h("div", { role: "log", "aria-live": "polite", "aria-label": label });
    this.#status = h("div", { role: "status", "aria-live": "polite" });
    this.element = h("div", { class: "cvd-hidden" }, this.#log, this.#status);
  }

  /** All in one: a message changes the log once. */
  announce(sentences: readonly string[]): void {
    if (this.#log.childElementCount >= MOST) this.#log.replaceChildren();
    this.#log.append(h("div", {}, ...sentences.map((sentence) => h("p", {}, sentence))));
  }

  tell(text: string): void {
    setText(this.#status, text);
  }
}
