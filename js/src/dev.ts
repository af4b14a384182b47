/**
 * The development page: the panel without Jupyter. `?state=ended&theme=dark&width=320` shows one state, so that
 * pictures can be scripted, with `&language=de`, `&size=presenter`, `&dir=rtl` and `&bare` as wanted; `?gallery` shows
 * all. `window.convend` is the transport of a single state, to fire messages from the console.
 */
import type { ChatView } from "./core/wire";
import { gallery } from "./dev/gallery";
import { scenes } from "./dev/scenes";
import { show } from "./dev/show";

const parameters = new URLSearchParams(location.search);
const chosen = {
  state: parameters.get("state") ?? "simulated",
  theme: parameters.get("theme") ?? "light",
  width: parameters.get("width") ?? "",
  language: parameters.get("language") ?? "",
  size: parameters.get("size") ?? "",
};

function menu(): void {
  const form = document.querySelector("form") as HTMLFormElement;
  const select = form.elements.namedItem("state") as HTMLSelectElement;
  for (const name of Object.keys(scenes)) select.append(new Option(name.replaceAll("_", " "), name));
  for (const [name, value] of Object.entries(chosen))
    (form.elements.namedItem(name) as HTMLSelectElement).value = value;
  form.addEventListener("change", () => form.submit());
  form.hidden = parameters.has("bare");
}

async function one(main: HTMLElement): Promise<void> {
  const scene = scenes[chosen.state];
  if (!scene) throw new Error(`There is no state ${chosen.state}.`);
  const size = chosen.size ? { size: chosen.size as ChatView["size"] } : {};
  const language = chosen.language || scene.language || "en";
  const dir = (parameters.get("dir") as "rtl" | null) ?? scene.dir;
  if (chosen.width) main.style.width = `${chosen.width}px`;
  const transport = await show(main, { ...scene, language, ...(dir ? { dir } : {}) }, size);
  Object.assign(window, { convend: transport });
}

async function start(): Promise<void> {
  const main = document.querySelector("main") as HTMLElement;
  document.body.setAttribute("data-jp-theme-light", String(chosen.theme !== "dark"));
  menu();
  await (parameters.has("gallery") ? gallery(main, parameters) : one(main));
  document.body.setAttribute("data-ready", "true");
}

start();
