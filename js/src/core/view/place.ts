/** Where one is, in one quiet line, and the way back. A chat of one branch has no such line. */
import { gistOf } from "../branches/gist";
import { siblingsOf, type View } from "../state";
import { tame } from "../tame";
import { archivedIn, tipsOf } from "../tree";
import { type Desk, Slot } from "./desk";
import { button, h } from "./dom";
import { icon } from "./icons";

/** Characters of the words that name a branch. */
const SHORT = 32;

export class Place {
  readonly element: HTMLElement;
  readonly #desk: Desk;
  readonly #slot: Slot;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.element = h("div", { class: "cvd-place", hidden: true });
    this.#slot = new Slot(this.element);
  }

  update(view: View): void {
    const { talk, path, cameFrom, browsing } = view;
    this.#slot.set([talk.rows, talk.arriving, talk.chat?.head, path, cameFrom, browsing], () => this.#line(view));
  }

  #line(view: View): Node | null {
    const { talk, path } = view;
    const tips = tipsOf(talk.rows, talk.children);
    const away = path.find((m) => archivedIn(talk.rows).has(m));
    if (!path.length || talk.arriving || (tips.length < 2 && !away)) return null;
    const { strings, formats } = this.#desk;
    const at = tips.indexOf(path.at(-1) as string);
    const which = away
      ? strings.placeArchived
      : strings.placeBranch(formats.number(at + 1), formats.number(tips.length));
    const label = path.flatMap((m) => talk.rows.get(m)?.mark?.label || []).at(-1);
    const name = label ? h("bdi", { class: "cvd-place-label" }, tame(label)) : null;
    const parts = [h("span", {}, which), name, away ? this.#restore(away) : this.#fork(view), this.#back(view)];
    return h("div", { class: "cvd-place-line" }, icon("branch"), ...parts);
  }

  #restore(m: string): HTMLElement {
    const { strings, dispatch, newId } = this.#desk;
    const onPress = () => dispatch({ type: "archive", c: newId(), m, archived: false });
    return button({ label: strings.restore, class: "cvd-text-button cvd-restore", onPress });
  }

  #fork(view: View): HTMLElement | null {
    const at = forkOf(view);
    if (at < 0) return null;
    const { strings, formats, goTo } = this.#desk;
    const label = at === 0 ? strings.placeForkStart : strings.placeFork(formats.number(at));
    const m = view.path[at] as string;
    const onPress = () => goTo.call(this.#desk, m);
    return button({ label, title: strings.placeForkHint, class: "cvd-text-button", onPress });
  }

  /** To the branch that one came from. Where that is the chat's own, the bar below offers it already. */
  #back({ talk, path, cameFrom, browsing }: View): HTMLElement | null {
    const row = talk.rows.get(cameFrom ?? "");
    if (!row || path.includes(row.m) || (browsing && row.m === talk.chat?.head)) return null;
    const { strings, dispatch } = this.#desk;
    const short = tame(row.mark?.label ?? "") || gistOf({ talk }, row, SHORT) || strings.noText;
    const onPress = () => dispatch({ type: "look", m: row.m });
    const back = button({ label: "", class: "cvd-text-button", onPress });
    back.firstElementChild?.replaceWith(h("bdi", {}, strings.placeBack(short)));
    return back;
  }
}

/** The place on the path, from 0, of the last message that has versions; -1 where none has. */
export function forkOf(view: View): number {
  for (let at = view.path.length - 1; at >= 0; at--) {
    const row = view.talk.rows.get(view.path[at] as string);
    if (row && siblingsOf(view, row).length > 1) return at;
  }
  return -1;
}
