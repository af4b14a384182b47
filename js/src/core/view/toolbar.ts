/** What can be done with one message. One tab stop for all its buttons; the arrow keys go between them. */

import { isRunning } from "../talk";
import type { Row } from "../wire";
import { copyButton } from "./clipboard";
import type { Desk } from "./desk";
import { button, h } from "./dom";
import { thumbButton } from "./feedback";
import { icon } from "./icons";

export function toolbar(desk: Desk, row: Row, text: () => string): HTMLElement | null {
  if (isRunning(row)) return null;
  const { strings, dispatch, newId } = desk;
  const retry = button({
    label: strings.retry,
    title: strings.retryHint,
    icon: icon("retry"),
    class: "cvd-quiet",
    onPress: () => dispatch({ type: "retry", c: newId(), m: row.m }),
  });
  const edit = button({
    label: row.role === "user" ? strings.edit : strings.editAbove,
    title: strings.editHint,
    icon: icon("edit"),
    class: "cvd-quiet",
    onPress: () => desk.editAbove(row),
  });
  const hasText = text() !== "";
  const thumbs =
    row.role === "assistant" && hasText
      ? (["up", "down"] as const).map((thumb) => thumbButton(desk, row, thumb, true))
      : [];
  const seen =
    row.role === "assistant"
      ? [
          button({
            label: strings.seen,
            icon: icon("eye"),
            class: "cvd-quiet cvd-see",
            onPress: () => dispatch({ type: "seen", m: row.m }),
          }),
        ]
      : [];
  const copy = hasText ? [copyButton(desk, strings.copy, text)] : [];
  const buttons = [...copy, edit, retry, ...thumbs, ...seen];
  const bar = h("div", { class: "cvd-toolbar", role: "toolbar", "aria-label": strings.actions }, ...buttons);
  rove(bar, buttons);
  return bar;
}

/** One stop for Tab; the arrow keys go between the buttons. */
export function rove(bar: HTMLElement, buttons: readonly HTMLButtonElement[]): void {
  const hold = (held: HTMLButtonElement) => {
    for (const each of buttons) each.tabIndex = each === held ? 0 : -1;
  };
  if (buttons[0]) hold(buttons[0]);
  bar.addEventListener("focusin", (event) => {
    const held = buttons.find((each) => each === event.target);
    if (held) hold(held);
  });
  bar.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: -1 };
    const to = moves[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    buttons.at(to % buttons.length)?.focus({ preventScroll: true });
  });
}
