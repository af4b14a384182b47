/** What a person has set in JupyterLab's settings. No key is ever among it. */
import type { Settings } from "@jupyterlab/settingregistry";
import { type Check, oneOf, text } from "../core/guard";
import type { SendWith, Size, Theme } from "../core/wire";

export interface Values {
  sendWith: SendWith;
  theme: Theme;
  size: Size;
  policy: string;
  /** "" for that of the package. */
  model: string;
}

export const USUAL: Values = { sendWith: "enter", theme: "auto", size: "normal", policy: "last_resort", model: "" };

const checks: { [Name in keyof Values]: Check<Values[Name]> } = {
  sendWith: oneOf("enter", "shift-enter", "ctrl-enter"),
  theme: oneOf("auto", "light", "dark"),
  size: oneOf("normal", "presenter"),
  policy: text,
  model: text,
};

/** Whatever stands there; what makes no sense counts as not set. */
export function valuesOf(composite: Readonly<Record<string, unknown>>): Values {
  const sound = Object.entries(checks).filter(([name, check]) => check(composite[name]));
  return { ...USUAL, ...Object.fromEntries(sound.map(([name]) => [name, composite[name]])) };
}

export class Preferences {
  values: Values = USUAL;
  readonly #listeners = new Set<() => void>();

  follow(settings: Settings): void {
    const take = () => {
      this.values = valuesOf(settings.composite);
      for (const listener of this.#listeners) listener();
    };
    settings.changed.connect(take);
    take();
  }

  /** Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export const preferences = new Preferences();
