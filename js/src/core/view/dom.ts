/** Plain DOM with less typing. Text from outside is always a text node. */
import { SENTENCES, tame } from "../tame";

type Child = Node | string | null | false | undefined;
type Attributes = Record<string, string | number | boolean | null | undefined>;

/** An element. `true` sets an empty attribute; `false`, `null` and `undefined` leave it out. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  fill(element, ...children);
  return element;
}

export function setAttribute(element: Element, name: string, value: Attributes[string]): void {
  if (value === false || value == null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value === true ? "" : value))
    element.setAttribute(name, value === true ? "" : String(value));
}

export function fill(element: Element, ...children: Child[]): void {
  for (const child of children) if (child) element.append(child);
}

/** Sets the text only where it differs: a live region would speak again. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

export function show(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

/** For the eyes of a screen reader only. */
export const hidden = (text: string): HTMLElement => h("span", { class: "cvd-hidden" }, text);

/** Text of a model or a person, kept to itself: it cannot turn the direction of what stands around it. */
export const isolated = (text: string, className = ""): HTMLElement =>
  h("bdi", { class: className }, tame(text, SENTENCES));

/** The kernel's own words in English, beside words of the panel; `null` for none. */
export const asTheKernelSaid = (text: string): HTMLElement | null =>
  text ? h("p", { class: "cvd-aside", lang: "en", dir: "ltr" }, tame(text, SENTENCES)) : null;

export interface ButtonOptions {
  class?: string;
  /** Seen and heard; with `icon` it is heard and shown as a tip. */
  label: string;
  icon?: SVGElement;
  title?: string;
  showLabel?: boolean;
  onPress: (event: MouseEvent) => void;
}

export function button(options: ButtonOptions): HTMLButtonElement {
  const { label, icon, title, showLabel = !icon, onPress } = options;
  const element = h(
    "button",
    {
      type: "button",
      class: `cvd-button ${options.class ?? ""}`.trim(),
      "aria-label": showLabel ? null : label,
      title: title ?? (showLabel ? null : label),
    },
    icon,
    showLabel && h("span", {}, label),
  );
  element.addEventListener("click", (event) => {
    if (element.getAttribute("aria-disabled") !== "true") onPress(event);
  });
  return element;
}
