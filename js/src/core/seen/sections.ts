/** The sections that are short: system text, tools, verdicts, and the request as JSON. */
import { copyButton } from "../view/clipboard";
import { h, isolated } from "../view/dom";
import { icon } from "../view/icons";
import type { Gate, Request, SeenView, VerdictView } from "./model";
import { breakpoint, codeOf, details, textOf } from "./parts";
import { wordOf } from "./strings";
import type { Room } from "./view";

/** Characters of JSON that are shown at once. */
const LONG = 60_000;

const none = (text: string): HTMLElement => h("p", { class: "cvd-seen-none" }, text);
const present = (nodes: (HTMLElement | null)[]): HTMLElement[] => nodes.filter((node) => node !== null);

export function systemOf(room: Room, { system }: Request): Node[] {
  if (system.length === 0) return [none(room.words.systemNone)];
  return system.flatMap(({ text, cached }) =>
    present([textOf(room, text, "cvd-seen-system", 20_000), breakpoint(room, cached)]),
  );
}

export function toolsOf(room: Room, { tools }: Request): Node[] {
  const { words } = room;
  if (tools.length === 0) return [none(words.toolsNone)];
  return tools.flatMap(({ name, description, schema, cached }) => {
    const label = `${words.schema}: ${name}`;
    const card = h("div", { class: "cvd-seen-card" }, h("h4", {}, h("code", {}, name)), textOf(room, description));
    card.append(h("p", { class: "cvd-seen-label" }, words.schema), codeOf(room, schema, label));
    return present([card, breakpoint(room, cached)]);
  });
}

export function verdictsOf(room: Room, { calls, evidence, reply }: SeenView): Node[] {
  const { words, desk } = room;
  const cards = calls.flatMap(({ number, verdicts }) =>
    verdicts.map((verdict) => verdictCard(room, verdict, calls.length > 1 ? desk.formats.number(number) : null)),
  );
  const found = evidence.map(({ gate, favours, detail }) =>
    h("li", {}, `${wordOf(words.gates, gate)}: ${wordOf(words.favours, String(favours))}. `, isolated(detail)),
  );
  if (found.length)
    cards.push(h("div", {}, h("h4", {}, words.evidence), h("ul", { class: "cvd-seen-list" }, ...found)));
  if (cards.length) return cards;
  const gates = reply.gates.map((gate) => h("li", {}, isolated(wordOf(words.gates, gate))));
  if (gates.length === 0) return [none(words.verdictsNone)];
  return [none(words.verdictsNone), h("h4", {}, words.gatesInForce), h("ul", { class: "cvd-seen-list" }, ...gates)];
}

function verdictCard(room: Room, verdict: VerdictView, number: string | null): HTMLElement {
  const { words } = room;
  const title = h("h4", {}, h("code", {}, verdict.tool));
  if (number) title.append(h("span", { class: "cvd-seen-number" }, words.inCall(number)));
  const name = h("b", {}, wordOf(words.verdictOf, verdict.verdict));
  const outcome = h("p", { class: "cvd-seen-verdict", "data-verdict": verdict.verdict }, name);
  if (verdict.verdict === "warned" && !verdict.counted) outcome.append(` – ${words.uncounted}`);
  const card = h("div", { class: "cvd-seen-card" }, title, outcome);
  if (verdict.gates.length)
    card.append(h("ul", { class: "cvd-seen-gates" }, ...verdict.gates.map((g) => gateOf(room, g))));
  card.append(h("p", { class: "cvd-seen-label" }, words.told));
  card.append(h("blockquote", { class: "cvd-seen-told" }, textOf(room, verdict.answer)));
  card.append(details(words.sent, codeOf(room, verdict.input, `${words.sent}: ${verdict.tool}`)));
  return card;
}

function gateOf({ words }: Room, { gate, passed, missing }: Gate): HTMLElement {
  const line = h("div", {}, h("b", {}, isolated(wordOf(words.gates, gate))));
  line.append(` – ${passed ? words.passed : words.notPassed}`);
  if (missing) line.append(h("div", { class: "cvd-seen-missing", dir: "auto" }, missing));
  return h("li", { "data-passed": String(passed) }, icon(passed ? "check" : "close"), line);
}

export function rawOf(room: Room, { body }: SeenView, { pretty }: Request): Node[] {
  const { words } = room;
  const copy = copyButton(room.desk, words.copy, () => body);
  return [h("div", { class: "cvd-seen-copy" }, copy), codeOf(room, pretty, words.raw, LONG)];
}
