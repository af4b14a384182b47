/** The notice of the end: what happened, why, and the three ways on. Neutral and kind; nobody is shamed. */
import { type Strings, wordFor } from "../strings";
import { tame } from "../tame";
import type { EndingView, Row } from "../wire";
import { needWords } from "../words";
import type { Desk } from "./desk";
import { button, fill, h, isolated } from "./dom";
import { icon } from "./icons";

/** A reason is a sentence or two; more is cut, so that it cannot push the ways on out of sight. */
const LONGEST_REASON = 600;

export const endingTitle = (strings: Strings, ending: EndingView): string =>
  ending.trigger === "user_request" ? strings.endedTitleAsked : strings.endedTitle;

function whyOf(strings: Strings, { trigger, warnings }: EndingView): string {
  if (trigger === "persistent_harm" && warnings.length === 0) return strings.endedUnwarned;
  const known = Object.hasOwn(strings.endedWhy, trigger);
  return known ? wordFor(strings.endedWhy, trigger) : strings.endedOtherTrigger(tame(trigger));
}

function reasonOf({ strings }: Desk, reason: string): HTMLElement {
  const words = h("blockquote", { class: "cvd-reason" }, isolated(tame(reason, LONGEST_REASON)));
  return h("div", {}, h("p", { class: "cvd-label" }, strings.endedWords), words);
}

function warningsOf(desk: Desk, ending: EndingView): HTMLElement {
  const { strings } = desk;
  const items = ending.warnings.map(({ m, kind }) => {
    const position = desk.positionOf(m);
    const where = position
      ? button({ label: strings.warningIn(position), class: "cvd-text-button", onPress: () => desk.goTo(m) })
      : null;
    const what = tame(wordFor(strings.warningKind, kind));
    return h("li", {}, what, where && " · ", where);
  });
  return h("div", {}, h("p", { class: "cvd-label" }, strings.endedWarnings), h("ol", {}, ...items));
}

function fineprint({ strings }: Desk, { policy, mode, confirmed_by }: EndingView): HTMLElement {
  const name = tame(policy);
  const rule = mode === "observe" ? strings.endedPolicyObserve(name) : strings.endedPolicy(name);
  const confirmed = confirmed_by && tame(wordFor(strings.endedConfirmed, confirmed_by));
  return h("p", { class: "cvd-fineprint" }, [rule, confirmed].filter(Boolean).join(" · "));
}

/** What the policy in force asks for, from its own gates and numbers. */
function whyDisclosure({ strings }: Desk, { policy, mode, needs }: EndingView): HTMLElement {
  const rule = mode === "observe" ? strings.whyObserved(policy) : strings.whyNeeds(policy);
  const list = h("ul", {}, ...needWords(strings, needs).map((words) => h("li", {}, words)));
  return h(
    "details",
    { class: "cvd-why" },
    h("summary", {}, strings.whyTitle),
    h("p", {}, needs.length ? rule : strings.whyUnknown),
    needs.length ? list : null,
    h("p", {}, strings.whyNotes),
  );
}

function waysOn(desk: Desk, row: Row): HTMLElement {
  const { strings } = desk;
  const { dispatch, newId } = desk;
  return h(
    "div",
    { class: "cvd-card-actions" },
    button({
      label: strings.newChat,
      icon: icon("plus"),
      showLabel: true,
      class: "cvd-primary",
      onPress: () => dispatch({ type: "new", c: newId() }),
    }),
    button({
      label: strings.editEarlier,
      icon: icon("edit"),
      showLabel: true,
      class: "cvd-soft",
      onPress: () => desk.editAbove(row),
    }),
    button({
      label: strings.giveFeedback,
      icon: icon("words"),
      showLabel: true,
      class: "cvd-soft",
      onPress: () => dispatch({ type: "feedback", m: row.m, focus: true }),
    }),
  );
}

export function endingNotice(desk: Desk, row: Row, ending: EndingView): HTMLElement {
  const { strings } = desk;
  const title = h("h4", { class: "cvd-ended-title", id: desk.elementId("ended") }, endingTitle(strings, ending));
  const notice = h("div", { class: "cvd-ended", role: "group", "aria-labelledby": title.id });
  fill(
    notice,
    h("div", { class: "cvd-ended-head" }, h("span", { class: "cvd-ended-sign" }, icon("door")), title),
    h("p", {}, whyOf(strings, ending)),
    ending.reason ? reasonOf(desk, ending.reason) : null,
    ending.warnings.length ? warningsOf(desk, ending) : null,
    h("p", {}, strings.endedOn),
    waysOn(desk, row),
    h("div", { class: "cvd-ended-foot" }, whyDisclosure(desk, ending), fineprint(desk, ending)),
  );
  return notice;
}
