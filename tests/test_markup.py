"""Text of models and people becomes HTML that cannot run, load, or pass for part of the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convend_widget import markup
from convend_widget.markup import escaped, formatted, isolated, plain, safe_href, sound

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<iframe src=https://evil.org></iframe><style>*{display:none}</style><form action=x><input name=q></form>",
    '<a href="x" data-commandlinker-command="notebook:run-all" id="x" class="ended" style="position:fixed">x</a>',
    "[x](javascript:alert(1)) [x](JaVaScRiPt:alert(1)) [x](vbscript:x) [x](data:text/html,<script>)",
    "[x](java&#115;cript:alert(1)) [x](&#x6A;avascript:x) [x](//evil.org) [x](\\\\evil.org) [x](/local) [x](#top)",
    "![x](https://evil.org/x.png) ![x][r]\n\n[r]: https://evil.org/y.png",
    "<https://ok.org> <javascript:alert(1)> <file:///etc/passwd>",
    "`<img src=x>`\n\n```html\n<script>alert(1)</script>\n```",
    "| <b>a</b> | b |\n|:-:|--:|\n| <img src=x> | 1 |",
    "# <script>x</script>\n\n> <style>x</style>\n\n1. <object data=x>",
    '[x](https://ok.org "t\' onmouseover=alert(1)") [a](https://ok.org"onclick="x)',
    "<!-- comment --> <![CDATA[x]]> &lt;script&gt; &#60;script&#62;",
]
NESTED = "".join("  " * depth + "- a\n" for depth in range(100))


class Seen(HTMLParser):
    """The tags and attributes that a page would have."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def safe(self) -> bool:
        allowed = {"href", "rel", "dir", "align", "start"}
        links = [value for tag, name, value in self.attributes if name == "href"]
        return (
            self.tags <= markup._TAGS
            and {name for _, name, _ in self.attributes} <= allowed
            and all(re.match(r"(?i)(https?://|mailto:)", link) for link in links)
        )


@pytest.mark.fault(42, 43, 44, 45)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_inert_formatted_and_plain(text):
    assert Seen(formatted(text)).safe and Seen(plain(text)).safe
    for shown in (escaped(text), isolated(text)):
        assert Seen(shown).tags <= {"bdi"} and Seen(shown).text == text


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet=st.sampled_from("<>[]()!&#x;:/'\"`*_|-~\\ \nahjst1.\ud800"), max_size=60))
def test_no_text_makes_anything_but_allowed_tags(text):
    assert Seen(formatted(text)).safe and Seen(plain(text)).safe


@pytest.mark.fault(43)
def test_what_must_not_become_a_link_stays_in_sight_as_it_was_written():
    for written in ("[x](javascript:alert(1))", "[x](//evil.org)", "![x](data:text/html,x)", "[x](/local)"):
        assert Seen(formatted(written)).text == written and not Seen(formatted(written)).attributes[1:]


@pytest.mark.fault(44)
def test_an_image_becomes_a_link_that_names_its_host():
    seen = Seen(formatted("![a cat](https://evil.org/cat.png?x=1)"))
    assert "img" not in seen.tags and "a cat (image at evil.org, not loaded)" in seen.text
    assert ("a", "href", "https://evil.org/cat.png?x=1") in seen.attributes


def test_markdown_is_kept_and_headings_rank_below_the_page():
    page = formatted(
        "# Top\n\n*a* **b** `c` ~~d~~ [e](https://e.org)\n\n- f\n\n> g\n\n|h|\n|:-:|\n|i|\n\n```\nj\n```\n\n3. k"
    )
    for part in ("<h5", "<em>a", "<strong>b", "<code>c", "<s>d", "<li", "<blockquote", '<th dir="auto" align="center"'):
        assert part in page
    assert '<ol start="3">' in page and 'rel="noopener noreferrer nofollow"' in page
    assert not re.search(r"<h[1-4]", formatted("# a\n## b\n### c\n#### d\n##### e\n###### f\n\ng\n===\n"))


def test_each_block_takes_its_direction_from_its_own_text():
    assert formatted("שלום\n\nhello").count('<p dir="auto">') == 2 == plain("שלום\n\nhello").count('<p dir="auto">')


def test_plain_text_keeps_lines_and_spaces():
    kept = '<p dir="auto">a<br>\u00a0 b\u00a0\u00a0 c</p><p dir="auto">d</p>'
    assert plain("a\n  b   c\n\nd") == kept == plain("a\r\n  b   c\r\n \r\nd\n")


@pytest.mark.fault(46)
@pytest.mark.parametrize(
    "text",
    ["*a_" * 20_000, ">" * 20_000, "[" * 20_000, "![a](b" * 5_000, "|" + "a|" * 5_000, "a " * 500_000, NESTED],
    ids=["emphasis", "quotes", "brackets", "images", "columns", "one long line", "lists"],
)
def test_text_that_would_take_long_or_nest_too_deep_is_shown_plain_and_whole(text):
    page = formatted(text)
    assert Seen(page).tags <= {"p", "br"} and "".join(Seen(page).text.split()) == "".join(text.split())


def test_only_absolute_addresses_of_known_schemes_may_be_opened():
    for good in ("https://a.org/x?y=1#z", "http://localhost:8888", "mailto:a@b.org", "HTTPS://A.ORG"):
        assert safe_href(good) == good
    for bad in (
        "",
        "x",
        "//a.org",
        "https:",
        "https:///x",
        "ftp://a.org",
        "https://a.org\u200b",
        "java\nscript:x",
        "http://[",
    ):
        assert safe_href(bad) is None


def test_halves_of_surrogate_pairs_are_joined_or_replaced():
    assert sound("a\ud83d\ude00b") == "a😀b" and sound("\ud800x\udc00") == "\ufffdx\ufffd" and sound("fine") == "fine"
