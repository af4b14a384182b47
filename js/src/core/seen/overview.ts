/** The overview: who was asked, under which rules, what it used, and all calls of the reply side by side. */
import { fill, h, isolated } from "../view/dom";
import type { Call, Request, SeenView, Tokens } from "./model";
import { amountOf, codeOf, whyWords } from "./parts";
import { wordOf } from "./strings";
import type { Room } from "./view";

const KINDS = ["cache_read", "cache_write", "cache_write_1h", "input", "output"] as const;

export function overviewOf(room: Room, view: SeenView, request: Request): Node[] {
  const call = view.calls[view.call - 1] as Call;
  return [
    facts(room, view, request, call),
    tokensOf(room, call.tokens),
    ...(call.left_out.length ? [leftOut(room, call)] : []),
    ...(view.calls.length > 1 ? [allCalls(room, view)] : []),
    checked(room, view),
  ];
}

function facts(room: Room, { reply }: SeenView, request: Request, call: Call): HTMLElement {
  const { words, desk } = room;
  const policy = `${reply.policy}, ${wordOf(words.modes, reply.mode)}`;
  const stop = call.complete ? wordOf(words.stops, call.stop ?? "–") : words.unfinished;
  const { model: _, max_tokens, stream: __, ...own } = request.rest;
  const list = h("dl", { class: "cvd-seen-facts" });
  const add = (name: string, value: string | Node | null) => {
    if (value !== null) fill(list, h("div", {}, h("dt", {}, name), h("dd", {}, value)));
  };
  add(words.model, isolated(call.model));
  add(
    words.provider,
    reply.provider === "rehearsal" ? words.rehearsal : isolated(desk.strings.provider(reply.provider)),
  );
  add(words.policy, isolated(policy));
  add(words.ability, reply.can_end ? words.able : words.unable);
  add(words.stop, isolated(stop));
  add(words.cost, costWords(room, call));
  add(words.seconds, call.seconds === null ? null : words.secondsOf(desk.formats.number(call.seconds)));
  add(words.requestId, call.request_id ? h("code", {}, call.request_id.slice(0, 80)) : null);
  const asked = { max_tokens, ...own };
  const short = JSON.stringify(asked).replaceAll('":', '": ').replaceAll(',"', ', "');
  const plain = short.length < 90;
  add(words.parameters, plain ? h("code", {}, short) : codeOf(room, JSON.stringify(asked, null, 2), words.parameters));
  return list;
}

function costWords(room: Room, { cost }: Call): string {
  const amount = amountOf(room, cost);
  return cost.dollars === null || cost.free || !cost.as_of ? amount : room.words.asOf(amount, cost.as_of);
}

/** A bar for the eye, and the same in words and numbers. */
function tokensOf({ words, desk }: Room, tokens: Tokens): HTMLElement {
  const bar = h("div", { class: "cvd-seen-bar", "aria-hidden": "true" });
  const legend = h("ul", { class: "cvd-seen-legend" });
  for (const kind of KINDS) {
    if (!tokens[kind] && kind !== "input" && kind !== "output") continue;
    if (tokens[kind]) {
      const part = h("span", { "data-kind": kind });
      part.style.flexGrow = String(tokens[kind]);
      bar.append(part);
    }
    const swatch = h("i", { "data-kind": kind, "aria-hidden": "true" });
    legend.append(h("li", {}, swatch, h("b", {}, desk.formats.number(tokens[kind])), ` ${wordOf(words.usedBy, kind)}`));
  }
  return h("div", { class: "cvd-seen-use" }, h("h4", {}, words.use), bar, legend);
}

function leftOut(room: Room, call: Call): HTMLElement {
  const items = call.left_out.map((why) => h("li", {}, isolated(whyWords(room, why))));
  return h("div", {}, h("h4", {}, room.words.leftOut), h("ul", { class: "cvd-seen-list" }, ...items));
}

function allCalls(room: Room, { reply, calls, call: shown }: SeenView): HTMLElement {
  const { words, desk } = room;
  const number = desk.formats.number;
  const prompt = (tokens: Tokens) => tokens.input + tokens.cache_read + tokens.cache_write + tokens.cache_write_1h;
  const row = (name: string, stop: string, tokens: Tokens, cost: string, attributes = {}) =>
    h(
      "tr",
      attributes,
      h("th", { scope: "row" }, name),
      h("td", {}, stop),
      ...[prompt(tokens), tokens.cache_read, tokens.output].map((count) => h("td", { class: "cvd-n" }, number(count))),
      h("td", { class: "cvd-n" }, cost),
    );
  const rows = calls.map((each) =>
    row(number(each.number), each.stop ?? "–", each.tokens, amountOf(room, each.cost), {
      "aria-current": each.number === shown ? "true" : null,
    }),
  );
  const head = h("tr", {}, ...words.columns.map((column) => h("th", { scope: "col" }, column)));
  const sum = row(words.sum, "", reply.tokens, amountOf(room, reply.cost), { class: "cvd-seen-sum" });
  const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows, sum));
  const frame = { class: "cvd-seen-table", tabindex: 0, role: "group", "aria-label": words.allCalls };
  return h("div", {}, h("h4", {}, words.allCalls), h("div", frame, table));
}

function checked({ words }: Room, { exact }: SeenView): HTMLElement {
  const text = exact === null ? words.unchecked : exact ? words.exact : words.inexact;
  return h("p", { class: "cvd-seen-checked", "data-exact": String(exact) }, text);
}
