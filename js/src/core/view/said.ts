/** Text shown as it was written: what a person wrote, and what would take long to format. */
import type { Desk } from "./desk";
import { button, h, setText } from "./dom";

/** A message longer than this, in characters, is folded at first. */
const FOLD = 3_000;

export const said = (desk: Desk, text: string): HTMLElement => folded(desk, text, "cvd-said", FOLD);

/** Only `most` characters at first, for a megabyte takes seconds to lay out. */
export function folded(desk: Desk, text: string, className: string, most: number): HTMLElement {
  const short = `${text.slice(0, most)}…`;
  const words = h("div", { class: className, dir: "auto" }, text.length > most ? short : text);
  if (text.length <= most) return h("div", {}, words);
  const { strings } = desk;
  const fold = button({
    label: strings.showAll,
    class: "cvd-text-button",
    onPress: () => {
      const whole = fold.getAttribute("aria-expanded") !== "true";
      setText(words, whole ? text : short);
      setText(fold, whole ? strings.showLess : strings.showAll);
      fold.setAttribute("aria-expanded", String(whole));
      desk.grown();
    },
  });
  fold.setAttribute("aria-expanded", "false");
  return h("div", {}, words, fold);
}
