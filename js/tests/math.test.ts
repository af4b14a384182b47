import { describe, expect, test, vi } from "vitest";
import { layOut } from "../src/chunks/math";

const MATHML = "http://www.w3.org/1998/Math/MathML";
const textOf = (tex: string, display = false): string => layOut(tex, display).textContent ?? "";
const attempt = (tex: string): Element | null => {
  try {
    return layOut(tex, true);
  } catch {
    return null;
  }
};

describe("the layout of a formula", () => {
  test.each([
    ["x^2 + y_1", "x2+y1"],
    ["\\frac{a}{b}", "ab"],
    ["\\mathbb{R} \\mathcal{B} \\mathbf{x} \\mathfrak{g} \\mathbb{1}", "ℝℬ𝐱𝔤𝟙"],
    ["\\boldsymbol{\\alpha}", "𝜶"],
    ["\\operatorname{softmax}(x)", "softmax"],
    ["\\text{if } x > 0", "if"],
    ["\\sum_{i=1}^{n} i", "∑"],
    ["\\begin{cases} a & b \\\\ c & d \\end{cases}", "{"],
  ])("%s is MathML with the text %s", (tex, text) => {
    const math = layOut(tex, false);
    expect([math.namespaceURI, math.localName]).toEqual([MATHML, "math"]);
    expect(math.textContent?.replace(/[\u2061\u00a0\s]/g, "")).toContain(text.replace(/\s/g, ""));
  });

  test("the source of a formula is not in it a second time", () => expect(textOf("x+y")).toBe("x+y"));

  test("one in a line of its own says so", () => {
    expect(layOut("x", true).getAttribute("display")).toBe("block");
    expect(layOut("x", false).hasAttribute("display")).toBe(false);
  });

  test("columns keep their side, and what belongs together stands together", () => {
    const cells = [...layOut("\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}", true).querySelectorAll("mtd")];
    expect(cells.map((cell) => cell.className)).toEqual(
      Array(2).fill(["cvd-math-to-right cvd-math-tight", "cvd-math-to-left cvd-math-tight"]).flat(),
    );
  });

  test("definitions end with their formula", () => {
    expect(textOf("\\gdef\\foo{x}\\foo")).toBe("x");
    expect(() => layOut("\\foo", false)).toThrow();
  });
});

/** Formulas that want more than to be read. */
const hostile = [
  "\\href{javascript:alert(1)}{x}",
  "\\href{https://evil.example}{x}",
  "\\url{https://evil.example}",
  "\\includegraphics[width=10em]{https://evil.example/p.png}",
  "\\htmlClass{cvd-ended}{x}",
  "\\htmlId{cvd-root}{x}",
  "\\htmlStyle{position:fixed;inset:0}{x}",
  "\\htmlData{commandlinker-command=x}{x}",
  "\\color{white}{x} \\colorbox{red}{y} \\textcolor{#fff}{z}",
  "\\rule{500em}{500em}",
  "\\kern{500em} \\hspace{-500em} x",
  "\\raisebox{-500em}{x} \\raisebox{500em}{x}",
  "\\mathllap{\\rule{500em}{1em}} \\smash{x} \\phantom{x}",
  "\\Huge{\\Huge{x}}",
  "\\begin{array}{c} a \\\\[500em] b \\end{array}",
  "\\genfrac{[}{]}{500em}{0}{a}{b}",
  "\\text{<img src=x onerror=alert(1)><script>alert(1)</script>}",
  "\\verb|<img src=x onerror=alert(1)>|",
  '\\char"202E \\unicode{x202E}',
  "\\tag{\\href{javascript:alert(1)}{x}} y",
  "\\cancel{x} \\boxed{x} \\fbox{x} \\sout{x}",
];

const ATTRIBUTES =
  /^(accent|accentunder|class|depth|display|displaystyle|fence|height|largeop|linethickness|lspace|mathvariant|maxsize|minsize|rspace|scriptlevel|separator|stretchy|voffset|width)$/;
const NAMES =
  /^(math|mtext|mn|mo|mi|mspace|mover|munder|munderover|msup|msub|msubsup|mfrac|mroot|msqrt|mtable|mtr|mtd|mrow|mstyle|mpadded|mphantom)$/;

describe("[fault 47] a formula is laid out within bounds, or stays text", () => {
  test.each(hostile)("%s: known elements with known attributes of small values, or nothing", (tex) => {
    for (const node of [attempt(tex)].flatMap((math) => (math ? [math, ...math.querySelectorAll("*")] : []))) {
      expect([node.namespaceURI, node.localName]).toEqual([MATHML, expect.stringMatching(NAMES)]);
      for (const { name, value } of node.attributes) {
        expect(name).toMatch(ATTRIBUTES);
        if (name === "class") expect(value).toMatch(/^cvd-math-[a-z-]+( cvd-math-[a-z-]+)*$/);
        else expect(value).toMatch(/^(true|false|block|normal|[+-]?\d{0,3}(\.\d+)?(em|ex|px|pt)?)$/);
        if (/^[+-]?[\d.]+(em|ex)$/.test(value)) expect(Math.abs(Number.parseFloat(value))).toBeLessThanOrEqual(24);
      }
    }
  });

  test.each([
    ["a macro that calls itself", "\\def\\a{\\a}\\a"],
    ["macros that double", "\\def\\a{xx}\\def\\b{\\a\\a}\\def\\c{\\b\\b}\\def\\d{\\c\\c}\\def\\e{\\d\\d}".repeat(30)],
    ["a macro that grows", "\\def\\a#1{\\a{#1#1}}\\a{x}"],
    ["many expansions of much", `\\def\\a{${"x".repeat(900)}}${"\\a".repeat(300)}`],
    ["braces in braces", `${"{".repeat(5_000)}x${"}".repeat(5_000)}`],
    ["fractions in fractions", `${"\\frac{1}{".repeat(400)}x${"}".repeat(400)}`],
    ["a long one", "x+".repeat(3_000)],
    ["too many cells", `\\begin{matrix}${"a&".repeat(2_000)}a\\end{matrix}`],
    ["broken", "\\frac{a"],
    ["unknown", "\\nosuchcommand{x}"],
    ["nothing but errors", "}}{{\\end{x}"],
    ["the wrong way round", "\\right) x \\left("],
  ])("%s", (_, tex) => expect(attempt(tex)).toBeNull());

  test("says nothing on the console", () => {
    const said = [vi.spyOn(console, "warn"), vi.spyOn(console, "error")];
    for (const tex of [...hostile, "é \\text{é} %", "x \\\\ y", "α"]) attempt(tex);
    expect(said.flatMap((spy) => spy.mock.calls)).toEqual([]);
  });
});
