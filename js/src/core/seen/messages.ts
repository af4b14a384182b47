/** The messages of a request: each with its blocks, its cache breakpoints, and what had to stay out. */
import { button, h, isolated } from "../view/dom";
import { icon } from "../view/icons";
import type { Gap, Request, SeenView, Shown, Turn } from "./model";
import { breakpoint, codeOf, details, textOf, whyWords } from "./parts";
import { wordOf } from "./strings";
import type { Room } from "./view";

/** The newest messages are shown, and so many more at each press. */
const FIRST = 60;
const MORE = 200;

export function messagesOf(room: Room, view: SeenView, { turns }: Request): Node[] {
  const list = h("ol", { class: "cvd-seen-turns", start: Math.max(1, turns.length - FIRST + 1) });
  let from = Math.max(0, turns.length - FIRST);
  const build = (some: readonly Turn[], at: number) =>
    some.map((turn, index) => turnOf(room, turn, at + index, view.new_from > 0 && at + index >= view.new_from));
  list.append(...build(turns.slice(from), from));
  if (from === 0) return [list];
  const label = () => room.words.earlier(room.desk.formats.number(Math.min(MORE, from)));
  const more = button({
    label: label(),
    class: "cvd-soft cvd-seen-earlier",
    onPress: () => {
      const before = Math.max(0, from - MORE);
      list.prepend(...build(turns.slice(before, from), before));
      from = before;
      list.setAttribute("start", String(from + 1));
      if (from === 0) {
        more.remove();
        (list.firstElementChild as HTMLElement).focus({ preventScroll: true });
      } else more.replaceChildren(label());
    },
  });
  return [more, list];
}

function turnOf(room: Room, turn: Turn, at: number, fresh: boolean): HTMLElement {
  const { words, desk } = room;
  const answers = turn.role === "user" && turn.blocks.some(({ kind }) => kind === "result");
  const role = wordOf(words.roles, answers ? "results" : turn.role);
  const head = h(
    "div",
    { class: "cvd-seen-role" },
    h("b", {}, isolated(role)),
    h("code", {}, turn.role),
    h("span", { class: "cvd-seen-number" }, desk.formats.number(at + 1)),
    fresh && h("span", { class: "cvd-seen-fresh" }, words.fresh),
  );
  const blocks = turn.blocks.flatMap((block) => [
    blockOf(room, block),
    ...(block.kind === "gap" ? [] : [breakpoint(room, block.cached)].filter((each) => each !== null)),
  ]);
  return h("li", { class: "cvd-seen-turn", "data-role": turn.role, tabindex: -1 }, head, ...blocks);
}

function blockOf(room: Room, block: Shown): HTMLElement {
  const { words } = room;
  switch (block.kind) {
    case "text":
      return textOf(room, block.text);
    case "thinking":
      return details(words.thinking, textOf(room, block.text, "cvd-seen-thought"));
    case "call":
      return named(words.calls, block.name, codeOf(room, block.text, `${words.calls} ${block.name}`), "turn");
    case "result": {
      const name = `${words.result} ${block.name}`;
      const title = h("p", { class: "cvd-seen-name" }, icon(block.error ? "warning" : "check"), `${words.result} `);
      title.append(h("code", {}, block.name), block.error ? ` – ${words.error}` : "");
      return h("div", { class: "cvd-seen-result", role: "group", "aria-label": name }, title, textOf(room, block.text));
    }
    case "other":
      return details(words.other(block.type.slice(0, 60)), codeOf(room, block.text, block.type));
    case "gap":
      return gapOf(room, block.gap);
  }
}

function named(word: string, name: string, content: Node, sign: "turn"): HTMLElement {
  const title = h("p", { class: "cvd-seen-name" }, icon(sign), `${word} `, h("code", {}, name));
  return h("div", { class: "cvd-seen-calls" }, title, content);
}

/** What stands in the record, and was not sent. */
function gapOf(room: Room, gap: Gap): HTMLElement {
  const { words } = room;
  const what = gap.name ?? wordOf(words.gapOf, gap.type);
  const line = h("p", {}, h("b", {}, `${words.gap}: `), isolated(what), ` – ${whyWords(room, gap.why)}`);
  const box = h("div", { class: "cvd-seen-gap" }, line);
  if (gap.text.trim()) box.append(details(words.whatItWas, textOf(room, gap.text, "cvd-seen-thought")));
  return box;
}
