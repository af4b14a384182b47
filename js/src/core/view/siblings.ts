/** ‹ 2 / 3 ›: steps between the versions of one message. */
import type { Desk } from "./desk";
import { button, h, hidden } from "./dom";
import { icon } from "./icons";

export type Direction = "previous" | "next";

export function siblingSteps(
  desk: Desk,
  m: string,
  siblings: readonly string[],
  onStep: (to: string, direction: Direction) => void,
): HTMLElement | null {
  if (siblings.length < 2) return null;
  const { strings } = desk;
  const at = siblings.indexOf(m);
  const step = (direction: Direction, label: string, to: string | undefined) => {
    const element = button({
      label,
      icon: icon(direction === "previous" ? "left" : "right"),
      class: "cvd-quiet",
      onPress: () => to !== undefined && onStep(to, direction),
    });
    element.setAttribute("data-step", direction);
    if (to === undefined) element.setAttribute("aria-disabled", "true");
    return element;
  };
  const other = siblings[at > 0 ? at - 1 : 1] as string;
  const compare = button({
    label: at > 0 ? strings.compareBefore : strings.compareAfter,
    icon: icon("compare"),
    class: "cvd-quiet",
    onPress: () => desk.dispatch({ type: "drawer", drawer: { page: "compare", m, other, fromTree: false } }),
  });
  const count = h("span", { "aria-hidden": "true" }, strings.version(at + 1, siblings.length));
  return h(
    "div",
    { class: "cvd-siblings", role: "group", "aria-label": strings.versions },
    step("previous", strings.previousVersion, siblings[at - 1]),
    count,
    hidden(strings.versionLong(at + 1, siblings.length)),
    step("next", strings.nextVersion, siblings[at + 1]),
    compare,
  );
}
