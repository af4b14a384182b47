import { afterEach, describe, expect, test, vi } from "vitest";
import { nextLength, SPREAD, spreadAfter } from "../src/core/reveal";
import { followTheme, hostShade } from "../src/core/theme";
import { directionOf } from "../src/core/view/field";

describe("the reveal", () => {
  /** How the length goes, frame by frame, after one delta. */
  function frames(text: string, from = 0): number[] {
    const lengths = [from];
    for (let time = 16; (lengths.at(-1) as number) < text.length; time += 16)
      lengths.push(nextLength(text, lengths.at(-1) as number, 16, SPREAD - time));
    return lengths;
  }

  test("shows all within a tenth of a second, a little with each frame", () => {
    const lengths = frames("x".repeat(600));
    expect(lengths.length * 16).toBeLessThanOrEqual(100 + 16);
    const steps = lengths.slice(1).map((length, index) => length - (lengths[index] as number));
    expect(Math.max(...steps)).toBeLessThan(200);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });

  test("takes about as long as the next delta will, and never long", () => {
    expect([30, 100, 170, 300, 5_000].map(spreadAfter)).toEqual([90, 100, 170, 180, 90]);
  });

  test("never shows half of a character", () => {
    const text = "👩🏽‍🔬".repeat(20);
    for (const length of frames(text)) expect(() => encodeURIComponent(text.slice(0, length))).not.toThrow();
  });
});

describe("the theme", () => {
  afterEach(() => {
    for (const element of [document.body, document.documentElement])
      for (const name of element.getAttributeNames()) element.removeAttribute(name);
  });

  test.each([
    ["data-jp-theme-light", "true", "light"],
    ["data-jp-theme-light", "false", "dark"],
    ["data-vscode-theme-kind", "vscode-dark", "dark"],
    ["data-vscode-theme-kind", "vscode-high-contrast", "dark"],
    ["data-vscode-theme-kind", "vscode-high-contrast-light", "light"],
    ["class", "vscode-light", "light"],
  ] as const)("is read from the host: %s=%s is %s", (name, value, shade) => {
    document.body.setAttribute(name, value);
    expect(hostShade(document)).toBe(shade);
  });

  test("follows the host when that changes, and the chat's own wish before all", async () => {
    const life = new AbortController();
    const root = document.createElement("div");
    document.body.setAttribute("data-jp-theme-light", "true");
    const want = followTheme(root, life.signal);
    expect([root.getAttribute("data-shade"), root.hasAttribute("data-host")]).toEqual(["light", true]);
    document.body.setAttribute("data-jp-theme-light", "false");
    await Promise.resolve();
    expect(root.getAttribute("data-shade")).toBe("dark");
    want("light");
    expect([root.getAttribute("data-shade"), root.hasAttribute("data-host")]).toEqual(["light", false]);
    life.abort();
  });

  test("is what the system prefers where the host says nothing", () => {
    vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => {} }));
    const root = document.createElement("div");
    followTheme(root, AbortSignal.abort());
    expect(root.getAttribute("data-shade")).toBe("dark");
  });
});

test.each([
  ["Hello", "ltr"],
  ["123 … שלום", "rtl"],
  ["مرحبا hello", "rtl"],
  ["hello مرحبا", "ltr"],
  ["你好", "ltr"],
  ["", "ltr"],
])("[fault 48] a field with %j runs %s", (text, direction) => expect(directionOf(text)).toBe(direction));
