/**
 * All states side by side, each light and dark: for whoever works on the panel, and for the tests that look at every
 * state in one page. `?gallery&width=320&size=presenter&language=de&only=ended,warned` changes all of them;
 * `&shade=dark` shows one shade.
 */
import type { ChatView, Theme } from "../core/wire";
import { type Scene, scenes } from "./scenes";
import { show } from "./show";

/** Some of these are for playing, not for looking at: they would never come to rest, or are too long. */
const NOT_SHOWN = new Set(["simulated", "long", "playback_runs"]);

export async function gallery(main: HTMLElement, parameters: URLSearchParams): Promise<void> {
  const only = parameters.get("only")?.split(",");
  const shades = (parameters.get("shade")?.split(",") ?? ["light", "dark"]) as Theme[];
  const names = Object.keys(scenes).filter((name) => (only ? only.includes(name) : !NOT_SHOWN.has(name)));
  main.classList.add("gallery");
  main.style.setProperty("--shades", String(shades.length));
  const width = parameters.get("width");
  if (width) main.style.setProperty("--width", `${width}px`);
  const filling: Promise<unknown>[] = [];
  for (const name of names) {
    const heading = document.createElement("h2");
    heading.textContent = name.replaceAll("_", " ");
    main.append(heading);
    for (const shade of shades) {
      const cell = document.createElement("div");
      cell.className = `cell ${shade}`;
      cell.setAttribute("data-state", name);
      main.append(cell);
      filling.push(fill(cell, scenes[name] as Scene, shade, parameters));
    }
  }
  await Promise.all(filling);
  main.firstElementChild?.scrollIntoView();
}

function fill(cell: HTMLElement, scene: Scene, theme: Theme, parameters: URLSearchParams): Promise<unknown> {
  const size = parameters.get("size") as ChatView["size"] | null;
  const language = parameters.get("language") ?? scene.language ?? "en";
  return show(cell, { ...scene, language }, { theme, ...(size ? { size } : {}) });
}
