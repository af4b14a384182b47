import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import * as code from "../src/chunks/code";
import * as math from "../src/chunks/math";
import type { ChunkName, Chunks } from "../src/core/chunks";
import { english } from "../src/core/strings";
import type { Desk } from "../src/core/view/desk";
import { Prose } from "../src/core/view/prose";

const FORMULA = "$\\frac{a}{b}$";
const CODE = "```python\ndef f(x):\n    return x + 1\n```";

/** A desk whose chunks come when the test says so. */
class Shelf {
  readonly asked: ChunkName[] = [];
  readonly layOut = vi.fn(math.layOut);
  readonly coloured = vi.fn(code.coloured);
  readonly #come: Partial<Record<ChunkName, { resolve(module: unknown): void; reject(error: Error): void }>> = {};

  readonly desk = {
    strings: english.strings,
    signal: new AbortController().signal,
    tell: () => {},
    grown: () => {},
    chunk: (name: ChunkName) => {
      this.asked.push(name);
      return new Promise((resolve, reject) => {
        this.#come[name] = { resolve, reject };
      });
    },
  } as unknown as Desk;

  async bring(...names: ChunkName[]): Promise<void> {
    const modules: Partial<Chunks> = {
      math: { ...math, layOut: this.layOut },
      code: { ...code, coloured: this.coloured },
    };
    for (const name of names) this.#come[name]?.resolve(modules[name]);
    await vi.advanceTimersByTimeAsync(0);
  }

  async fail(name: ChunkName): Promise<void> {
    this.#come[name]?.reject(new Error("did not load"));
    await vi.advanceTimersByTimeAsync(0);
  }

  shown(text: string): HTMLElement {
    const prose = new Prose(this.desk);
    document.body.append(prose.element);
    prose.settle(text);
    return prose.element;
  }
}

const tokens = (element: ParentNode) => element.querySelectorAll("[class^='cvd-token-']").length;
const formulas = (element: ParentNode) => element.querySelectorAll("math").length;

beforeEach(() => {
  const toFake = [
    "setTimeout",
    "clearTimeout",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "performance",
  ] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe("formulas and code of a reply", () => {
  test("are readable as they were written until the chunks are here, and finished when they come", async () => {
    const shelf = new Shelf();
    const element = shelf.shown(`So ${FORMULA}.\n\n${CODE}\n\nAnd ${FORMULA}.`);
    expect(element.textContent).toContain(`So ${FORMULA}.`);
    expect([formulas(element), tokens(element)]).toEqual([0, 0]);
    await shelf.bring("math", "code");
    expect([formulas(element), tokens(element) > 2]).toEqual([2, true]);
    expect(element.querySelector("code")?.textContent).toBe("def f(x):\n    return x + 1\n");
    expect(element.querySelectorAll("var")).toHaveLength(0);
  });

  test("ask for a chunk once, and only if there is something for it", async () => {
    const shelf = new Shelf();
    shelf.shown("Plain words, $5 and `code`.\n\n```\nno language\n```");
    expect(shelf.asked).toEqual([]);
    for (let times = 0; times < 3; times++) shelf.shown(`${FORMULA}\n\n${CODE}\n\n${FORMULA}`);
    expect(shelf.asked).toEqual(["math", "code"]);
    await shelf.bring("math", "code");
    shelf.shown(`${FORMULA}\n\n${CODE}`);
    expect(shelf.asked).toEqual(["math", "code"]);
    expect(formulas(document)).toBe(7);
  });

  test("stay as they are where a chunk fails; the next text asks again", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {});
    const shelf = new Shelf();
    const element = shelf.shown(`${FORMULA}\n\n${CODE}`);
    await shelf.fail("math");
    await shelf.fail("code");
    expect([element.querySelector("p")?.textContent, tokens(element)]).toEqual([FORMULA, 0]);
    expect(warned).toHaveBeenCalledTimes(2);
    const later = shelf.shown(FORMULA);
    expect(shelf.asked).toEqual(["math", "code", "math"]);
    await shelf.bring("math");
    expect(formulas(later)).toBe(1);
  });

  test("[fault 47] one that cannot be laid out stays as it was written, and says why", async () => {
    const shelf = new Shelf();
    const element = shelf.shown("See $\\nosuchcommand{x}$ and $\\def\\a{\\a}\\a$ and $x$.");
    await shelf.bring("math");
    expect(element.textContent).toBe("See $\\nosuchcommand{x}$ and $\\def\\a{\\a}\\a$ and x.\n");
    const titles = [...element.querySelectorAll<HTMLElement>(".cvd-math")].map(({ title }) => title);
    expect(titles).toEqual([shelf.desk.strings.noFormula, shelf.desk.strings.noFormula, ""]);
  });

  test("a wide formula can be scrolled by itself, with the keyboard too", async () => {
    const shelf = new Shelf();
    const element = shelf.shown(`$$\n${"x + ".repeat(30)} y\n$$\n\n$x$`);
    const [wide, narrow] = [...element.querySelectorAll(".cvd-math")];
    expect([wide?.getAttribute("tabindex"), wide?.getAttribute("aria-label")]).toEqual(["0", "Formula"]);
    expect(narrow?.hasAttribute("tabindex")).toBe(false);
  });
});

describe("a reply of 16 kB that streams", () => {
  const block = (index: number): string =>
    [
      `Paragraph ${index} with ${FORMULA}, $x_{${index}}$ and **bold** words that go on for a while, so that there is more text than there are formulas. The reply is long.`,
      `$$\n\\sum_{i=1}^{${index}} i = ${index}\n$$`,
      `- one $y_${index}$\n- two`,
      `${CODE.replace("def f", `def f${index}`)}`,
      "|a|b|\n|-|-|\n|1|$x$|",
    ].join("\n\n");
  const of = (length: number): string => Array.from({ length }, (_, index) => block(index)).join("\n\n");
  const text = of(60);
  const blocks = 60 * 5;

  /** Streams the text; what each frame did. */
  async function stream(shelf: Shelf, text: string, step: number, each: (prose: Prose) => void): Promise<Prose> {
    const prose = new Prose(shelf.desk);
    document.body.append(prose.element);
    for (let end = step; end < text.length; end += step) {
      prose.grow(text.slice(0, end));
      for (let frame = 0; frame < 3; frame++) {
        await vi.advanceTimersByTimeAsync(16);
        each(prose);
      }
    }
    prose.settle(text);
    for (let frame = 0; frame < 12; frame++) {
      await vi.advanceTimersByTimeAsync(16);
      each(prose);
    }
    return prose;
  }

  test("formats its last block anew, at most once a frame, and lays out each formula once", async () => {
    const shelf = new Shelf();
    const begin = new Prose(shelf.desk);
    begin.settle(`${FORMULA}\n\n${CODE}`);
    await shelf.bring("math", "code");
    const filled = vi.spyOn(Element.prototype, "replaceChildren");
    const renders = () => filled.mock.contexts.filter((element) => (element as Element).matches(".cvd-piece")).length;
    let [frames, before, most] = [0, [] as Element[], 0];
    const prose = await stream(shelf, text, 480, ({ element }) => {
      frames++;
      const now = [...element.children];
      for (const [index, complete] of before.slice(0, -1).entries())
        if (now[index] !== complete) throw new Error(`block ${index} of ${now.length} was built anew`);
      most = Math.max(most, renders() - Math.max(1, now.length - before.length + 1));
      before = now;
      filled.mockClear();
    });
    expect(text.length).toBeGreaterThan(16_000);
    expect(most).toBeLessThanOrEqual(0); // one render, and one for each block that was begun
    expect(prose.element.children).toHaveLength(blocks);
    expect(frames).toBeGreaterThan(100);
    const sources = shelf.layOut.mock.calls.map(([tex, display]) => `${display} ${tex}`);
    expect(sources).toHaveLength(new Set(sources).size);
    expect(shelf.coloured.mock.calls.length).toBeLessThan(60 * 4);
    expect(formulas(prose.element)).toBe(60 * 5);
    const all = [...prose.element.querySelectorAll("code")];
    expect(all.filter((element) => tokens(element) === 0)).toEqual([]);
  });

  test("ends like a reply that came at once", async () => {
    const shelf = new Shelf();
    const text = of(15); // every kind of block, cut at many places
    const prose = await stream(shelf, text, 331, () => {});
    await shelf.bring("math", "code");
    await vi.advanceTimersByTimeAsync(5_000);
    const other = new Shelf();
    const whole = other.shown(text);
    await other.bring("math", "code");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(prose.element.innerHTML).toBe(whole.innerHTML);
  });

  test("code that grows keeps its element, its text and what is coloured already", async () => {
    const shelf = new Shelf();
    new Prose(shelf.desk).settle(CODE);
    await shelf.bring("code");
    const prose = new Prose(shelf.desk);
    document.body.append(prose.element);
    const source = `\`\`\`python\n${"x = 1  # a comment\n".repeat(200)}`;
    let element: Element | null = null;
    let fewest = 0;
    for (let end = 160; end < source.length; end += 160) {
      prose.grow(source.slice(0, end));
      await vi.advanceTimersByTimeAsync(100);
      element ??= prose.element.querySelector("code");
      expect(prose.element.querySelector("code")).toBe(element);
      expect(tokens(prose.element)).toBeGreaterThanOrEqual(fewest);
      fewest = tokens(prose.element);
    }
    expect(fewest).toBeGreaterThan(100);
    expect(shelf.coloured.mock.calls.length).toBeLessThanOrEqual(2 + source.length / 160 / 7);
    expect(source).toContain(element?.textContent ?? "nothing");
    expect(element?.textContent?.length).toBeGreaterThan(source.length - 200);
  });
});

test("the colours of code have a contrast of 4.5 to 1 on the ground of code, in both themes", () => {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const parts = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const light = ([r, g, b]: number[]) =>
    0.2126 * channel(r as number) + 0.7152 * channel(g as number) + 0.0722 * channel(b as number);
  const css = readFileSync("js/src/chunks/code.css", "utf8");
  const [lightTheme, darkTheme] = css.split('[data-shade="dark"]') as [string, string];
  /** `--cvd-soft`, on the panel's own ground and on JupyterLab's. */
  const grounds = { light: ["#ffffff"], dark: ["#16181c", "#111111", "#1e1e1e"] };
  const inks = { light: "#1f2328", dark: "#e7e9ec" };
  for (const [shade, theme] of [
    ["light", lightTheme],
    ["dark", darkTheme],
  ] as const)
    for (const [, colour] of theme.matchAll(/--cvd-token-\w+: (#\w{6})/g))
      for (const ground of grounds[shade]) {
        const ink = parts(inks[shade]);
        const soft = parts(ground).map((value, index) => value * 0.95 + (ink[index] as number) * 0.05);
        const [one, other] = [light(parts(colour as string)), light(soft)].sort((a, b) => b - a) as [number, number];
        expect((one + 0.05) / (other + 0.05), `${colour} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
});
