/** Quiet marks inside a reply: warnings, and what the model tried. */
import { tame } from "../tame";
import type { AttemptBlock, Block, OtherBlock, WarningBlock } from "../wire";
import type { Desk } from "./desk";
import { h, isolated } from "./dom";
import { type IconName, icon } from "./icons";

function mark(kind: string, name: IconName, text: string, ...more: (HTMLElement | null)[]): HTMLElement {
  const words = h("div", { class: "cvd-mark-words" }, h("span", {}, text), ...more);
  return h("div", { class: `cvd-mark cvd-mark-${kind}` }, icon(name), words);
}

function warningMark({ strings }: Desk, block: WarningBlock): HTMLElement {
  const uncounted = block.counted ? null : h("span", { class: "cvd-mark-more" }, strings.notCounted);
  return block.kind === "final_warning"
    ? mark("final", "warning", strings.finalWarning, uncounted)
    : mark("redirect", "turn", strings.redirect, uncounted);
}

const attemptIcons: Record<AttemptBlock["verdict"], IconName> = {
  blocked: "info",
  confirming: "question",
  accepted: "door",
  invalid: "info",
  not_run: "info",
  observed: "door",
};

function attemptMark({ strings }: Desk, block: AttemptBlock): HTMLElement {
  const list = h("ul", {}, ...block.missing.map((item) => h("li", { dir: "auto" }, isolated(item))));
  const title = block.verdict === "observed" ? strings.objections : strings.missing;
  const missing =
    block.missing.length && block.verdict !== "confirming"
      ? h("details", { class: "cvd-mark-more" }, h("summary", {}, title), list)
      : null;
  const kind = block.verdict === "confirming" ? "confirming" : "attempt";
  return mark(kind, attemptIcons[block.verdict], strings.attempt[block.verdict], missing);
}

function otherMark({ strings }: Desk, block: OtherBlock): HTMLElement {
  return mark("attempt", "info", strings.unknownBlock(tame(block.type)));
}

export function markFor(desk: Desk, block: Exclude<Block, { k: "text" | "thinking" }>): HTMLElement {
  if (block.k === "attempt" && block.verdict === "accepted") return h("div", { hidden: true }); // the notice says it
  switch (block.k) {
    case "warning":
      return warningMark(desk, block);
    case "attempt":
      return attemptMark(desk, block);
    case "other":
      return otherMark(desk, block);
  }
}
