/** What looks at the panels and at the saved transcripts of a notebook in JupyterLab. */
import { clickLinks, inPanel, inSaved, outlines } from "./inert";

/** What one panel holds that another of the same shape, with harmless words, does not; and what its links would open. */
function panel(root: HTMLElement, harmless: HTMLElement): string[] {
  const wrong = [...inPanel(root, outlines(harmless)), ...clickLinks(root, ".cvd-prose a[href]")];
  pressAll(root.querySelectorAll<HTMLElement>(".cvd-prose *, .cvd-said *, .cvd-outcome *, .cvd-given-slot *"));
  return [...new Set(wrong)];
}

function saved(root: HTMLElement): string[] {
  const wrong = [...inSaved(root), ...clickLinks(root, "a[href]")];
  pressAll(root.querySelectorAll<HTMLElement>("*"));
  return [...new Set(wrong)];
}

/** A notebook hears clicks on anything that names a command; what has a purpose of its own is left alone. */
function pressAll(elements: Iterable<HTMLElement>): void {
  for (const element of elements) if (!element.closest("a, button, summary, textarea")) element.click?.();
}

Object.assign(window, { look: { panel, saved } });
