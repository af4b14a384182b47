import { decodeHTMLStrict as table } from "entities";
import { describe, expect, test } from "vitest";
import { decodeHTMLStrict } from "../src/core/entities";
import { safeHref } from "../src/core/links";
import { format, formatAnyway, Growing, type Piece, setHtml } from "../src/core/markdown";

const words = { image: (host: string) => `image at ${host}` };

function draw(pieces: readonly Piece[] | null): HTMLElement {
  const el = document.createElement("div");
  for (const piece of pieces ?? []) {
    const block = document.createElement("div");
    setHtml(block, piece);
    el.append(...block.childNodes);
  }
  return el;
}
const show = (source: string): HTMLElement => draw(format(source, words));
const htmlOf = (source: string): string => show(source).innerHTML.trim();

describe("formatting", () => {
  test.each([
    ["**a** *b* `c` ~~d~~", "<strong>a</strong> <em>b</em> <code>c</code> <s>d</s>"],
    ["a\n\nb", '<p dir="auto">a</p>'],
    ["- a\n- b", '<li dir="auto">a</li>'],
    ["3. a", '<ol start="3">'],
    ["> a", '<blockquote dir="auto">'],
    ["# a", '<h4 dir="auto">a</h4>'],
    ["&eacute; &copy;", "é ©"],
    ["$5 and $6", "$5 and $6"],
  ])("%j becomes %s", (source, html) => {
    expect(htmlOf(source)).toContain(html);
  });

  test("keeps code as it was written, and its language", () => {
    const [piece] = format("```py title=x\nif a < b:\n\tpass\n```", words) ?? [];
    expect(piece?.codes).toEqual([{ language: "py", text: "if a < b:\n\tpass\n" }]);
    expect(show("```\n<b>\n```").querySelector("code")?.textContent).toBe("<b>\n");
  });

  test("columns of a table keep their side", () => {
    const cells = show("|a|b|\n|-|-:|\n|1|2|").querySelectorAll("td");
    expect([...cells].map((cell) => cell.getAttribute("align"))).toEqual([null, "right"]);
  });

  test("a file name is no link, an address is", () => {
    expect(show("main.py and a@b.com").querySelector("a")).toBeNull();
    expect(show("see https://example.com/a.").querySelector("a")?.href).toBe("https://example.com/a");
  });

  test.each([
    ["see https://example.com/a?b=c#d, then", "https://example.com/a?b=c#d"],
    ["(https://en.example.org/wiki/A_(b))", "https://en.example.org/wiki/A_(b)"],
    ["**https://example.com**", "https://example.com"],
    ["HTTPS://EXAMPLE.COM/A.", "HTTPS://EXAMPLE.COM/A"],
    ["参照：https://例え.jp/ページ。次", "https://例え.jp/ページ"],
    ["mailto:a@example.com!", "mailto:a@example.com"],
    ["| https://example.com/x |\n|-|", "https://example.com/x"],
  ])("%j holds the address %s", (source, address) => {
    const link = show(source).querySelector("a");
    expect(link?.textContent).toBe(address);
    expect(link?.href).toBe(new URL(address).href);
  });

  test.each([
    "http://",
    "https://.",
    "xhttps://example.com",
    "//example.com",
    "ftp://example.com",
    "mailto:a",
    "www.a.com",
  ])("%s is no address", (source) => expect(show(source).querySelector("a")).toBeNull());

  test("a host is shown as it is asked for, not in letters that look like others", () => {
    const link = show("https://xn--pple-43d.com/").querySelector("a");
    expect(link?.textContent).toBe("https://xn--pple-43d.com/");
  });

  test("the browser's table of characters agrees with the one that it stands in for", () => {
    for (const name of ["amp", "eacute", "nbsp", "semi", "hearts", "NotEqualTilde", "notit", "nope", "ngE", "fjlig"])
      expect(decodeHTMLStrict(`&${name};`), name).toBe(table(`&${name};`));
  });
});

/** Text that tries to be more than text. */
const hostile = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
  "<math><mi xlink:href='data:x,<script>'>",
  "<style>.cvd-composer{display:none}</style>",
  "<iframe srcdoc='<script>1</script>'></iframe>",
  "<form action='https://evil.example'><input name=q type=password></form>",
  "<details open ontoggle=alert(1)>x",
  "<video autoplay src='https://evil.example/x.mp4'>",
  '<button data-commandlinker-command="terminal:create-new" data-commandlinker-args="{}">Continue</button>',
  '<div class="cvd-ended" id="cvd-root" role="log" style="position:fixed;inset:0">This conversation has ended</div>',
  '<a href="https://x.example" id="MathJax" class="ended" onclick="alert(1)">x</a>',
  "<base href='https://evil.example'><link rel=prefetch href='https://evil.example'>",
  "<p><title><!--</title><img src=x onerror=alert(1)>-->",
  "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
  "`<img src=x onerror=alert(1)>`",
  "```\n</code></pre><img src=x onerror=alert(1)>\n```",
  '```"><img/src=x/onerror=alert(1)>\nx\n```',
  '[a]: https://x.example "\'><img src=x onerror=alert(1)>"\n[a]',
  '![x](https://evil.example/p.png "t" )',
  "![x](//evil.example/p.png) ![y](data:image/svg+xml;base64,PHN2Zz4=)",
  "[![x](https://evil.example/p.png)](https://ok.example)",
  '<https://x.example/"onmouseover=alert(1)>',
  "# <b onclick=alert(1)>x</b>\n\n|<img src=x>|\n|-|\n|<script>|",
];

const TAGS = /^(A|P|BR|STRONG|EM|S|DEL|CODE|PRE|UL|OL|LI|BLOCKQUOTE|HR|H[4-6]|TABLE|THEAD|TBODY|TR|TH|TD|VAR)$/;
const NAMES = new Set(["href", "title", "target", "rel", "start", "align", "dir"]);

describe("[fault 42] [fault 44] [fault 45] hostile text is inert", () => {
  const drawn = (source: string) => [
    show(source),
    draw(formatAnyway(source, words)),
    draw(new Growing(words).pieces(source)),
    draw([{ html: source, codes: [], formulas: [] }]), // had the parser let it through
  ];
  test.each(hostile)("%s", (source) => {
    for (const el of drawn(source)) {
      for (const node of el.querySelectorAll("*")) {
        expect(node.nodeName).toMatch(TAGS);
        for (const name of node.getAttributeNames()) expect(NAMES.has(name), name).toBe(true);
      }
    }
  });

  test("the sanitiser alone leaves a link only where it leads and how it opens", () => {
    const source =
      "<a href='https://x.example/' title='your bank' target=_self name=x class=y>x</a><a href='ftp://x'>y</a>";
    expect(draw([{ html: source, codes: [], formulas: [] }]).innerHTML).toBe(
      '<a href="https://x.example/" title="https://x.example/" target="_blank" rel="noopener noreferrer">x</a><a>y</a>',
    );
  });

  test("a remote image becomes a link that names its host, also inside a link", () => {
    const image = show("![A chart](https://pics.example/a.png)").querySelector("a");
    expect([image?.textContent, image?.getAttribute("rel")]).toEqual([
      "A chart (image at pics.example)",
      "noopener noreferrer",
    ]);
    const inside = show("[![x](https://pics.example/p.png)](https://ok.example/)");
    expect(inside.querySelectorAll("a")).toHaveLength(1);
    expect(inside.querySelector("a")?.href).toBe("https://ok.example/");
  });

  test("a link opens elsewhere and shows where it leads", () => {
    const link = show("[your bank](https://evil.example/login 'my bank')").querySelector("a");
    expect([link?.target, link?.rel, link?.title]).toEqual([
      "_blank",
      "noopener noreferrer",
      "https://evil.example/login",
    ]);
  });
});

describe("[fault 43] only http, https and mailto open", () => {
  const schemes = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\u200bscript:alert(1)",
    "&#106;avascript:alert(1)",
    "javascript&colon;alert(1)",
    "\u0001javascript:alert(1)",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "ftp://example.com",
    "//example.com",
    "/tree",
    "#cvd-root",
    "blob:https://example.com/1",
    "command:workbench.action.terminal.new",
  ];
  test.each(schemes)("%j", (href) => {
    expect(safeHref(href)).toBeNull();
    for (const source of [`[x](${href})`, `[x](<${href}>)`, `<${href}>`, `![x](${href})`, `[x]\n\n[x]: ${href}`])
      for (const link of show(source).querySelectorAll("a")) expect(safeHref(link.getAttribute("href"))).not.toBeNull();
  });

  test.each(["https://example.com/", "http://example.com/?a=1", "mailto:a@b.com"])("%s does", (href) => {
    expect(safeHref(href)).toBe(href);
    expect(show(`[x](${href})`).querySelector("a")?.getAttribute("href")).toBe(href);
  });
});

describe("[fault 46] what would take long is not formatted unasked", () => {
  test.each([
    ["marks without end", "*a_".repeat(20_000)],
    ["quotes in quotes", `${">".repeat(20_000)} x`],
    ["brackets", "[".repeat(50_000)],
    ["addresses that are none", "http://[".repeat(5_000)],
    ["a table of 5,000 columns", `${"|a".repeat(5_000)}|\n${"|-".repeat(5_000)}|\n${"|b".repeat(5_000)}|`],
    ["many marks in one line", "*a_".repeat(2_100)],
    ["a megabyte in one line", "word ".repeat(200_000)],
    ["lists in lists", Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth * 2)}- a`).join("\n")],
  ])("%s", (_, source) => {
    expect(format(source, words)).toBeNull();
    expect(new Growing(words).pieces(source)).toBeNull();
  });

  test("but a long ordinary text is", () => {
    const source = "A sentence of **some** words, with `code` and more.\n\n".repeat(100);
    expect(format(source, words)).toHaveLength(100);
  });

  test("and no text is lost by nesting", () => {
    const source = `${"> ".repeat(80)}the end`;
    expect(format(source, words) ?? source).toContain("the end");
  });
});

describe("[fault 48] text of the world", () => {
  test.each([
    "\u202eabc",
    "a\u0000b",
    "a\ud800b",
    "x\u2028y",
    "👩🏽‍🔬",
    `e${"\u0301".repeat(1_000)}`,
    "[a](https://x.example/\ud800)",
  ])("%j is formatted without harm", (source) => expect(show(source).textContent).not.toBe(""));
});

describe("a text that grows", () => {
  const source = `# Title\r\n\r\nA paragraph with [a link][1] and\na second line.\n\n- one\n- two\n\n  still two\n- three\n
> quote\nlazy\n\n\`\`\`python\nx = 1\n\n# no heading\n\`\`\`\n\n|a|b|\n|-|-|\n|1|2|\n\nSetext\n======\n\n***\n
1. first\n   - nested\n\n     deep\n2. second\n\n[1]: https://example.com/one\n\nThe end, with [a link][1].\n`;

  test.each([1, 2, 3, 7, 50])("in steps of %i ends as if it had come at once", (step) => {
    const growing = new Growing(words);
    let pieces: readonly Piece[] | null = [];
    for (let end = step; end < source.length + step; end += step) pieces = growing.pieces(source.slice(0, end));
    const late = "a link"; // the definition came after its first use, which was frozen by then
    expect(draw(pieces).textContent?.includes(late)).toBe(true);
    const unlinked = (el: HTMLElement) => {
      for (const link of el.querySelectorAll("a")) link.replaceWith("LINK");
      return el.innerHTML.replaceAll("LINK", "[a link][1]");
    };
    expect(unlinked(draw(pieces))).toBe(unlinked(show(source)));
  });

  test("knows in later blocks what was defined in earlier ones", () => {
    const growing = new Growing(words);
    const source = "[1]: https://example.com/one\n\nOne.\n\nTwo.\n\nSee [it][1].";
    for (let end = 1; end < source.length; end++) growing.pieces(source.slice(0, end));
    expect(draw(growing.pieces(source)).querySelector("a")?.href).toBe("https://example.com/one");
  });

  test("formats complete blocks once: they stay the same object", () => {
    const growing = new Growing(words);
    const first = growing.pieces("One.\n\nTwo.\n\nThr");
    const second = growing.pieces("One.\n\nTwo.\n\nThree.\n\nFour");
    expect(second?.[0]).toBe(first?.[0]);
    expect(second?.[1]).toBe(first?.[1]);
  });
});
