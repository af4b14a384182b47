import { describe, expect, test } from "vitest";
import cases from "../../tests/fixtures/formulas.json";
import { format, Growing, type Piece } from "../src/core/markdown";

const words = { image: (host: string) => host };
const formulas = (pieces: readonly Piece[] | null) => (pieces ?? []).flatMap((piece) => piece.formulas);
const found = (source: string) =>
  formulas(format(source, words)).map(({ tex, display }) => (display ? `[${tex.trim()}]` : tex));
const htmlOf = (pieces: readonly Piece[] | null) => (pieces ?? []).map((piece) => piece.html).join("");

describe("formulas in a text", () => {
  test.each(cases)("$text: the same as on pages without the panel", ({ text, formulas: expected }) => {
    const inner = expected.map((formula) => (formula.startsWith("$") && formula[1] !== "$" ? 1 : 2));
    const texs = formulas(format(text, words)).map(({ tex }) => tex);
    expect(texs).toEqual(expected.map((formula, at) => formula.slice(inner[at], -(inner[at] as number))));
  });

  test.each([
    ["Let $x$ be", ["x"]],
    ["$a_1 * b_2 * c$ and $d$", ["a_1 * b_2 * c", "d"]],
    ["\\(x+y\\) and \\[x^2\\]", ["x+y", "[x^2]"]],
    ["so $$x^2$$ holds", ["[x^2]"]],
    ["$$\nx = \\\\\n_y_\n$$", ["[x = \\\\\n_y_]"]],
    [
      "Then\n\\[\n\\begin{aligned}\na &= b\n\\end{aligned}\n\\]\nfollows",
      ["[\\begin{aligned}\na &= b\n\\end{aligned}]"],
    ],
    ["$$ x $$\n\nand", ["[x]"]],
    ["- item $x$\n\n  $$\n  y\n  $$\n", ["x", "[y]"]],
    ["> $$\n> y\n> $$", ["[y]"]],
    ["|a|\n|-|\n|$x$|", ["x"]],
    ["# $x$", ["x"]],
    ["**$x$** and [$y$](https://example.com)", ["x", "y"]],
    ["设$x$为", ["x"]],
    ["($x$), $y$.", ["x", "y"]],
    ["$\\$5$", ["\\$5"]],
    ["$0$ or $1$", ["0", "1"]],
    ["$10 \\text{ or } 20$", ["10 \\text{ or } 20"]],
  ])("%j holds %j", (source, expected) => expect(found(source)).toEqual(expected));

  test.each([
    "$5 and $6",
    "from $5 to $10",
    "$5-$6, $7/$8",
    "10$ or 20$",
    "between $10 or 20$ a day",
    "US$5 and US$6",
    "$HOME and $PATH",
    "$HOME/$USER",
    "$ x $",
    "$x $y",
    "$x",
    "$$",
    "$$ $$",
    "$$x",
    "\\$x\\$",
    "`$x$`",
    "$a `b$ c`",
    "```\n$x$\n$$\ny\n$$\n```",
    "    $$x$$",
    "\\[sic\\] and \\[a note\\]",
    "$$\nx\n\ny\n$$",
    "\\(x",
    "a\\(\\)b",
    "$20.50, and then $30.",
    "(A$B) and C$D",
  ])("%j holds none", (source) => expect(found(source)).toEqual([]));

  test("stay as they were written until they are laid out, whatever stands in them", () => {
    const hostile = "$x<img src=x onerror=alert(1)>$ \\(</var><script>y</script>\\)";
    const html = htmlOf(format(hostile, words));
    expect(html).toContain("<var>$x&lt;img src=x onerror=alert(1)&gt;$</var>");
    expect(html).not.toMatch(/<img|<script/);
  });

  test("[fault 46] signs without end are plain text, and cost little", () => {
    for (const sign of ["$a ", "\\(", "\\[", "$$", "$", "$x`"]) {
      expect(format(sign.repeat(20_000), words)).toBeNull();
      expect(formulas(format(sign.repeat(900), words)).length).toBeLessThan(900);
    }
  });
});

describe("a formula that is still being written", () => {
  const source =
    "Take $a_1 * b_2 * c$ and **bold**.\n\n$$\n\\frac{a_1}{b_2} * c_3\n$$\n\nThen \\(x * y * z\\) costs $5 and $6.\n";

  /** What the last block looked like at every step, without what it is about. */
  function states(text: string): string[] {
    const growing = new Growing(words);
    const all: string[] = [];
    for (let end = 1; end <= text.length; end++) {
      const last = growing.pieces(text.slice(0, end))?.at(-1);
      all.push(`${last?.formulas.length} ${(last?.html.match(/<(?:em|strong)>/g) ?? []).length}`);
    }
    return all;
  }
  const changes = (all: readonly string[]) => all.filter((state, index) => state !== all[index - 1]);

  test("goes from its source to the formula in one step", () => {
    expect(changes(states("$a_1 * b_2 * c$ is"))).toEqual(["0 0", "1 0"]);
    expect(changes(states("\\(x *y* z\\) is"))).toEqual(["0 0", "1 0"]);
    expect(changes(states("$$\na *b* c_\n_d_\n$$"))).toEqual(["0 0", "1 0"]);
    expect(changes(states("\\[\na *b* c\n\\]\n"))).toEqual(["0 0", "1 0"]);
  });

  test.each([1, 2, 3, 7])("in steps of %i ends as if it had come at once", (step) => {
    const growing = new Growing(words);
    let pieces: readonly Piece[] | null = [];
    for (let end = step; end < source.length + step; end += step) pieces = growing.pieces(source.slice(0, end));
    expect(htmlOf(pieces)).toBe(htmlOf(format(source, words)));
    expect(formulas(pieces)).toEqual(formulas(format(source, words)));
  });

  test("a sign that is never closed does not keep what follows from being formatted", () => {
    const growing = new Growing(words);
    const text = `It costs $x and **more**.\n\nNext \\(y and **this**.\n\nLast ${"word ".repeat(100)}`;
    let pieces: readonly Piece[] | null = [];
    for (let end = 1; end <= text.length; end++) pieces = growing.pieces(text.slice(0, end));
    expect(htmlOf(pieces)).toBe(htmlOf(format(text, words)));
  });
});
