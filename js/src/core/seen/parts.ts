/** Small pieces that the sections share. */
import { button, h, setText } from "../view/dom";
import type { CostView } from "../wire";
import type { Why } from "./model";
import { wordOf } from "./strings";
import type { Room } from "./view";

/** Characters of a text that are shown at once. */
const FOLD = 3_000;

/** A text as it is; a long one is folded. `code`: in fixed width. */
export function textOf({ desk, words }: Room, text: string, className = "", fold = FOLD): HTMLElement {
  const body = h("div", { class: `cvd-seen-text ${className}`.trim(), dir: "auto" });
  if (text.length <= fold * 1.2) {
    setText(body, text);
    return body;
  }
  setText(body, `${text.slice(0, fold)}…`);
  const more = button({
    label: words.showAll(desk.formats.number(text.length)),
    class: "cvd-text-button",
    onPress: () => {
      setText(body, text);
      body.tabIndex = -1;
      body.focus({ preventScroll: true });
      more.remove();
    },
  });
  return h("div", { class: "cvd-seen-folded" }, body, more);
}

/** Code in a frame that scrolls by itself, also by keyboard. */
export function codeOf(room: Room, text: string, label: string, fold = FOLD): HTMLElement {
  const frame = h("div", { class: "cvd-seen-code", tabindex: 0, role: "group", "aria-label": label });
  frame.append(textOf(room, text, "cvd-seen-mono", fold));
  return frame;
}

export function details(summary: string | Node, ...content: Node[]): HTMLElement {
  return h("details", { class: "cvd-seen-more" }, h("summary", {}, summary), ...content);
}

/** A point of the prompt that the cache keeps. */
export function breakpoint({ words }: Room, cached: string | null): HTMLElement | null {
  return cached === null ? null : h("p", { class: "cvd-seen-cached" }, h("span", {}, words.cached(cached)));
}

export function whyWords({ words }: Room, { code, text }: Why): string {
  if (code === "not_offered") return words.notOffered(text);
  return code ? wordOf(words.why, code) : text;
}

/** An amount as the language writes it, with the places that a single call needs. */
export function amountOf({ desk, words }: Room, cost: CostView): string {
  if (cost.free) return words.free;
  if (cost.dollars === null) return words.unknownCost;
  const amount = desk.formats.dollars(cost.dollars);
  return cost.at_least ? words.atLeast(amount) : amount;
}
