from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from knowledge import markup
from knowledge.markup import (
    Bold,
    Code,
    CodeBlock,
    Document,
    Italic,
    Link,
    ListBlock,
    Md,
    Paragraph,
    Span,
    Text,
    escape,
    link,
    parse,
    plain,
    problems,
    unwrap,
)

# Text of marks and of anything else, so that both halves of the escape are met.
MARKS = st.text("\\`*_[]()<>&~|!#+-.=:>\n\r \t0123456789aA\"'{}^$/@;%,?\0")
ANY = st.one_of(st.text(), MARKS, st.text(st.characters(exclude_categories=[])))


def literally(text: str) -> str:
    """What readers are shown of an escaped text: its lines, stripped, without empty ones; NUL as U+FFFD."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd").split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


def one_paragraph(text: str) -> Document:
    return Document((Paragraph((Text(text),)),) if text else ())


@settings(max_examples=500)
@given(ANY)
@example("1. a")
@example("1) a\n- b\n+ c\n* d")
@example("[a](https://b.c) <https://d.e> https://f.g")
@example("```\ncode\n```\n~~~\n~~~")
@example("a\\")
@example("&amp; <b> ![x](https://y.z)")
@example("*" * 5000)
def test_escaped_text_reads_literally(text: str) -> None:
    assert parse(escape(text)) == one_paragraph(literally(text))


@given(ANY)
def test_escaped_text_reads_literally_inside_bold_and_items(text: str) -> None:
    shown = literally(text)
    if not shown:
        return
    document = parse(f"**x {escape(text)} x**")
    assert document == Document((Paragraph((Bold((Text(f"x {shown} x"),)),)),))
    assert parse(f"- {escape(text)}") == Document((ListBlock(((Text(shown),),)),))
    assert plain(f"a {escape(text)}") == f"a {shown}"


@given(ANY)
def test_escaped_link_titles(text: str) -> None:
    shown = literally(text)
    if shown:
        assert parse(link(text, "https://a.b/c?d=(e)")) == Document(
            (Paragraph((Link((Text(shown),), "https://a.b/c?d=(e)"),)),)
        )


@given(ANY)
def test_any_text_parses(text: str) -> None:
    document = parse(text)
    for block in document.blocks:
        for spans in (
            block.items if isinstance(block, ListBlock) else () if isinstance(block, CodeBlock) else (block.spans,)
        ):
            for url in urls(spans):
                assert url.lower().startswith(("http://", "https://"))
    assert isinstance(plain(text), str)
    assert isinstance(problems(text), tuple)
    assert isinstance(unwrap(text), str)


def urls(spans: Iterable[Span]) -> Iterable[str]:
    for span in spans:
        if isinstance(span, Link):
            yield span.url
        if isinstance(span, Link | Bold | Italic):
            yield from urls(span.spans)


def test_md_is_left_alone() -> None:
    assert escape(Md("**a**")) == "**a**"
    assert isinstance(escape("a"), Md)
    assert escape("**a**") == r"\*\*a\*\*"


def test_all_that_is_allowed() -> None:
    text = """
Hi **bold *both* `c`**, *it* and [a link](https://a.b/ü)
second line

- one
- **two**

3. three
4. four

```py
if a:
    b
```

<https://a.b>
"""
    assert parse(text) == Document(
        (
            Paragraph(
                (
                    Text("Hi "),
                    Bold((Text("bold "), Italic((Text("both"),)), Text(" "), Code("c"))),
                    Text(", "),
                    Italic((Text("it"),)),
                    Text(" and "),
                    Link((Text("a link"),), "https://a.b/%C3%BC"),
                    Text("\nsecond line"),
                )
            ),
            ListBlock(((Text("one"),), (Bold((Text("two"),)),))),
            ListBlock(((Text("three"),), (Text("four"),)), 3),
            CodeBlock("if a:\n    b", "py"),
            Paragraph((Link((Text("https://a.b"),), "https://a.b"),)),
        )
    )


def test_plain() -> None:
    text = "**Hi** [guide](https://a.b)\n\n- one\n- two\n  more\n\n3. three\n\n```\ncode\n```\n<https://a.b>"
    assert plain(text) == "Hi guide (https://a.b)\n\n- one\n- two\n  more\n\n3. three\n\ncode\n\nhttps://a.b"


@pytest.mark.parametrize(
    "text",
    [
        "# a",
        "> a",
        "a | b",
        "<b>a</b>",
        "[a](javascript:b)",
        "[a](/b)",
        "&amp;",
        "~~a~~",
        "[a]: https://b",
    ],
)
def test_what_is_not_allowed_stays_text(text: str) -> None:
    assert parse(text) == one_paragraph(text)


def test_lists_are_of_one_level() -> None:
    nested = parse("- a\n  - b\n    - c\n\n  more\n- d")
    assert nested == Document((ListBlock(((Text("a"),), (Text("b"),), (Text("c\nmore"),), (Text("d"),))),))


def test_styles_never_nest_in_themselves() -> None:
    assert parse("**a **b** c**") == parse("**a **b** c**")
    assert parse("*a _b_ c*") == Document((Paragraph((Italic((Text("a b c"),)),)),))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a\n\n# b", 2, "a heading"),
        ("> a", 0, "a quotation"),
        ("a\n\n---", 2, "a ruler"),
        ("a <b>c</b>", 0, "HTML"),
        ("<div>", 0, "HTML"),
        ("![a](https://b.c)", 0, "a picture"),
        ("|a|b|\n|-|-|\n|c|d|", 0, "a table"),
        ("    a", 0, "a text indented by four blanks"),
        ("~~a~~", 0, "struck-out text"),
        ("- a\n  - b", 1, "a list within a list"),
        ("[a](mailto:b@c.d)", 0, "a link that is no web address"),
        ("[a](b.html)", 0, "a link that is no web address"),
    ],
)
def test_problems(text: str, line: int, what: str) -> None:
    found = problems(text)
    assert [(problem[0], problem[1]) for problem in found][:1] == [(line, what)]
    assert all(help for _, _, help in found)


def test_no_problems() -> None:
    assert problems("**a** *b* `c`\n\n- d\n- e\n\n1. f\n\n```\n# g\n```\n[h](https://i.j) <https://k.l>") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n\nc\nd", "a b\n\nc d"),
        ("a\n- b\n  c\n- d\n1. e", "a\n- b c\n- d\n1. e"),
        ("a  \nb\\\nc", "a  \nb\\\nc"),
        ("a\n```\nb\nc\n```\nd\ne", "a\n```\nb\nc\n```\nd e"),
        ("```\na\n~~~\nb", "```\na\n~~~\nb"),
        ("", ""),
    ],
)
def test_unwrap(text: str, expected: str) -> None:
    assert unwrap(text) == expected
    assert unwrap(expected) == expected


HOSTILE = {
    "brackets": "[" * 100_000,
    "stars": "*" * 100_000,
    "open emphasis": "*a " * 33_000,
    "underscores": "_a_" * 33_000,
    "backticks": "`" * 100_000,
    "growing backticks": "".join("`" * (n % 300 + 1) + "a" for n in range(650)),
    "links": "[](https://a.b)" * 6_000,
    "open links": "[a](" * 25_000,
    "pictures": "![" * 50_000,
    "nested lists": "".join("  " * n + "- a\n" for n in range(300)),
    "markers": "- " * 50_000,
    "items": "- a\n" * 5_000,
    "fences": "~~~\n" * 25_000,
    "backslashes": "\\" * 100_000,
    "blanks": " " * 100_000,
    "lines": "\n" * 100_000,
    "angles": "<" * 100_000,
    "addresses": "<https://a.b" * 8_000,
    "tables": "|a" * 50_000,
    "quotes": ">" * 100_000,
    "escaped": escape("*" * 50_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_quick(name: str) -> None:
    begun = time.process_time()
    parse(HOSTILE[name])
    plain(HOSTILE[name])
    escape(HOSTILE[name])
    problems(HOSTILE[name])
    assert time.process_time() - begun < 5


def test_too_many_marks_read_literally() -> None:
    text = "*a* \\* " * 2001
    assert parse(text) == one_paragraph(("*a* * " * 2001).strip())


def test_parsed_once() -> None:
    markup._parse_cached.cache_clear()
    assert parse("**a**") is parse("**a**")
    assert parse(Md("**a**")) is parse("**a**")
