/** The Yes and No of an ending that waits for the person. A typed answer in the composer does as well. */
import type { Desk } from "./desk";
import { button, h } from "./dom";
import { icon } from "./icons";

export function confirmCard(desk: Desk): HTMLElement {
  const { strings } = desk;
  const answer = (yes: boolean) => () => desk.dispatch({ type: "confirm", c: desk.newId(), yes });
  const title = h("h4", { class: "cvd-card-title", id: desk.elementId("confirm") }, strings.confirmTitle);
  const buttons = h(
    "div",
    { class: "cvd-card-actions" },
    button({ label: strings.confirmYes, class: "cvd-soft", onPress: answer(true) }),
    button({ label: strings.confirmNo, class: "cvd-soft", onPress: answer(false) }),
  );
  const body = h("div", { class: "cvd-card-body" }, title, h("p", {}, strings.confirmText), buttons);
  const attributes = { class: "cvd-card cvd-card-confirm", role: "group", "aria-labelledby": title.id };
  return h("div", attributes, icon("question"), body);
}
