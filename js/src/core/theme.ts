/** Light or dark: what the chat asks for, else what the host shows, else what the system prefers. */
import type { Theme } from "./wire";

type Shade = "light" | "dark";

/** What JupyterLab, VS Code and Colab say on the page; `null` where nobody says anything. */
export function hostShade(page: Document): Shade | null {
  const { body, documentElement: html } = page;
  const jupyter = body.getAttribute("data-jp-theme-light");
  if (jupyter) return jupyter === "true" ? "light" : "dark";
  const code = body.getAttribute("data-vscode-theme-kind") ?? body.className;
  if (/vscode-(dark|high-contrast(?!-light))/.test(code)) return "dark";
  if (/vscode-/.test(code)) return "light";
  const theme = html.getAttribute("theme") ?? html.getAttribute("data-theme");
  return theme === "dark" || theme === "light" ? theme : null;
}

/**
 * Keeps `data-shade` on the panel in step. `data-host` is there while the host's own colours may be used:
 * not when the chat asks for a shade that the host does not have.
 */
export function followTheme(root: HTMLElement, signal: AbortSignal): (wanted: Theme) => void {
  const page = root.ownerDocument;
  const system = window.matchMedia?.("(prefers-color-scheme: dark)");
  let wanted: Theme = "auto";
  const apply = () => {
    const host = hostShade(page);
    const own = host ?? (system?.matches ? "dark" : "light");
    const shade = wanted === "auto" ? own : wanted;
    root.setAttribute("data-shade", shade);
    root.toggleAttribute("data-host", host === shade);
  };
  const observer = new MutationObserver(apply);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "data-vscode-theme-kind", "class", "theme"];
  observer.observe(page.body, { attributes: true, attributeFilter });
  observer.observe(page.documentElement, { attributes: true, attributeFilter: ["theme", "data-theme"] });
  system?.addEventListener("change", apply, { signal });
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  apply();
  return (theme) => {
    wanted = theme;
    apply();
  };
}
