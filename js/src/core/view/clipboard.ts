/** Copies text as it is. Pages served over plain http have no clipboard API, so there is an older way beside it. */

import type { Desk } from "./desk";
import { button, h } from "./dom";
import { icon } from "./icons";

async function copyText(text: string, beside: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, beside);
  }
}

function copyBySelection(text: string, beside: HTMLElement): boolean {
  const before = document.activeElement;
  const area = h("textarea", { class: "cvd-hidden", "aria-hidden": "true", tabindex: -1 });
  area.value = text;
  beside.after(area);
  area.select();
  const done = document.execCommand?.("copy") ?? false;
  area.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return done;
}

/** A button that copies and shows that it did. */
export function copyButton(desk: Desk, label: string, text: () => string): HTMLButtonElement {
  const { strings } = desk;
  const element = button({
    label,
    icon: icon("copy"),
    class: "cvd-quiet",
    onPress: async () => {
      const done = await copyText(text(), element);
      desk.tell(done ? strings.copied : strings.copyFailed);
      if (!done) return;
      element.replaceChildren(icon("check"));
      setTimeout(() => element.replaceChildren(icon("copy")), 1_500);
    },
  });
  return element;
}
