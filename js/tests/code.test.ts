import { describe, expect, test } from "vitest";
import { coloured } from "../src/chunks/code";

const samples: Record<string, string> = {
  python: "def f(x: int) -> str:\n    # a comment\n    return f'{x} < 3' + \"<b>\"\n",
  r: "f <- function(x) { mean(x, na.rm = TRUE) } # a comment\n",
  julia: "function f(x::Int)\n  x^2 # <b>\nend\n",
  sql: "SELECT name, count(*) FROM t WHERE a < 3 AND b = 'x'; -- a comment\n",
  bash: 'for f in *.txt; do echo "$f" > /dev/null; done # a comment\n',
  json: '{"a": [1, true, null, "x"]}\n',
  yaml: "a: 1\nb:\n  - x # a comment\n",
  javascript: "const f = async (x) => await x; // a comment\n",
  typescript: "interface A { a: string }\nconst f = <T>(x: T): T => x;\n",
  html: "<!doctype html><p class=a>x</p><script>let a = 1;</script><style>p { color: red }</style>\n",
  css: ".a:hover > b { color: #fff; margin: 1px }\n",
  c: '#include <stdio.h>\nint main(void) { printf("x"); return 0; }\n',
  cpp: "template <class T> T f(T x) { return x; } // a comment\n",
  java: "class A { void f() { int a = 1; } }\n",
  rust: "fn main() { let x: u8 = 1; } // a comment\n",
  markdown: "# A\n\n**b** `c` [d](https://x.example) <i>e</i>\n",
  diff: "--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n",
  toml: '[a]\nb = "c" # a comment\n',
  latex: "\\begin{a} $x$ % a comment\n\\end{a}\n",
  pycon: ">>> 1 + 1\n2\n",
  console: "$ ls -l | grep x\n",
};

function drawn(code: string, language: string): HTMLElement {
  const element = document.createElement("code");
  const parts = coloured(code, language);
  if (parts) element.append(parts);
  return element;
}

describe("colours for code", () => {
  test.each(Object.entries(samples))("%s gets some, and keeps its text", (language, code) => {
    const element = drawn(code, language);
    expect(element.textContent).toBe(code);
    expect(element.querySelectorAll("span").length).toBeGreaterThan(1);
  });

  test("go by the names that people write", () => {
    for (const name of ["py", "python3", "ipython", "js", "ts", "sh", "html", "yml", "c++", "jl", "PYTHON"])
      expect(coloured("x = 1", name), name).not.toBeNull();
  });

  test.each(["", "no-such-language", "constructor", "__proto__", "toString"])("%j is no language", (name) => {
    expect(coloured("x = 1", name)).toBeNull();
  });

  test("[fault 42] text of code stays text: there are spans with classes of our own, and nothing else", () => {
    const hostile = "</code><img src=x onerror=alert(1)><script>alert(1)</script> & \"'<b class=cvd-ended id=x>";
    for (const language of Object.keys(samples)) {
      const element = drawn(hostile + samples[language] + hostile, language);
      for (const node of element.querySelectorAll("*")) {
        expect([node.nodeName, ...node.getAttributeNames()]).toEqual(["SPAN", "class"]);
        expect(node.className).toMatch(/^cvd-token-[a-z]+$/);
      }
    }
  });

  test("[fault 46] what is long, has endless lines or consists of marks stays plain", () => {
    expect(coloured("x = 1\n".repeat(10_000), "python")).toBeNull();
    expect(coloured("x + ".repeat(2_000), "python")).toBeNull();
    expect(coloured("1 ".repeat(20).concat("\n").repeat(1_000), "python")).toBeNull();
    expect(coloured("x = 1\n".repeat(1_000), "python")).not.toBeNull();
  });
});
