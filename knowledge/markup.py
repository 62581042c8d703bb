"""Light Markdown: what topics' details and every message are written in. Parsed once, drawn by each front end.

Allowed: paragraphs, lists of one level, **bold**, *italic*, `code`, fenced code blocks, [links](https://…) and
<https://…>. Everything else (HTML, images, headings, tables, quotes) stays the text it is. A line end within a
paragraph is a line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token


class Md(str):
    """Text that is light Markdown already: `escape` leaves it alone."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Plain text; may hold line ends."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code within a line."""

    text: str


@dataclass(frozen=True, slots=True)
class Bold:
    """Strong text. Never nests in itself."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Italic:
    """Emphasised text. Never nests in itself."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A link; `url` begins with http:// or https:// and is percent-encoded."""

    spans: tuple[Span, ...]
    url: str


Span = Text | Code | Bold | Italic | Link


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ListBlock:
    """A list of one level; `start` is the number of its first item, None where items have bullets."""

    items: tuple[tuple[Span, ...], ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block, without its last line end; `language` as written after the fence."""

    text: str
    language: str = ""


Block = Paragraph | ListBlock | CodeBlock


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed text."""

    blocks: tuple[Block, ...]


_URL = re.compile(r"https?://[^\s/?#]+\S*", re.IGNORECASE)
_CACHED_MAX = 8192  # characters: longer texts are no messages, and would only fill the cache
# Delimiters cost more than other characters: a text of nothing else is no Markdown.
_DELIMITERS_MAX = 2000


def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero").enable(
        ["list", "fence", "newline", "escape", "backticks", "emphasis", "link", "autolink"]
    )
    # An http address only: the library would let through relative ones, mailto: and pictures in data:.
    parser.validateLink = lambda url: bool(_URL.fullmatch(url))  # type: ignore[method-assign]
    return parser


_PARSER = _parser()
_FULL_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_UNSUPPORTED = {
    "heading_open": ("a heading", "write it in **bold**"),
    "hr": ("a ruler", "delete it, or write --- as a dash: –"),
    "blockquote_open": ("a quotation", "put the text in quotation marks"),
    "html_block": ("HTML", "delete the tags, or write `<tag>` as code"),
    "html_inline": ("HTML", "delete the tags, or write `<tag>` as code"),
    "image": ("a picture", "write a link: [what it shows](https://…)"),
    "table_open": ("a table", "write a list"),
    "code_block": ("a text indented by four blanks", "indent less, or put code between ``` lines"),
    "s_open": ("struck-out text", "delete it"),
}
_SPECIAL = re.compile(r"[\\`*_\[\]()<>&~|!#]")
_LINE_START = re.compile(r"^(?:[-+=:]|[0-9]{0,9}[.)])")
_DELIMITER = re.compile(r"\\.|([*_`\[<])", re.DOTALL)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def parse(text: str) -> Document:
    """The blocks of a light Markdown text. Any text is one: what is not allowed stays as it is written."""
    return _parse_cached(str(text)) if len(text) <= _CACHED_MAX else _parse(text)


def escape(text: str) -> Md:
    """`text` so that it reads literally wherever it is put into light Markdown.

    Lines are stripped of blanks at both ends and empty ones dropped, so that the result stays in the paragraph, list
    item or bold text that it is put in. Md is returned as it is.
    """
    if isinstance(text, Md):
        return text
    return Md("\n".join(_escape_line(line) for line in _lines(text)))


def link(title: str, url: str) -> Md:
    """A link to an http address; `title` is escaped unless it is Md."""
    address = re.sub(r"[\s<>\\]", lambda found: f"%{ord(found[0]):02X}", url)
    return Md(f"[{escape(title)}](<{address}>)")


def plain(text: str) -> str:
    """The text without marks: list items behind "- " or their number, links as "title (address)"."""
    return "\n\n".join(_plain_block(block) for block in parse(text).blocks)


def problems(text: str) -> tuple[tuple[int, str, str], ...]:
    """What an author meant and readers will not get: line (from 0), what it is, how to mend it."""
    found: list[tuple[int, str, str]] = []
    lists = 0
    for token in _FULL_PARSER.parse(text[:_CACHED_MAX]):
        line = token.map[0] if token.map else 0
        lists += token.nesting if token.type in ("bullet_list_open", "bullet_list_close") else 0
        lists += token.nesting if token.type in ("ordered_list_open", "ordered_list_close") else 0
        if token.type in ("bullet_list_open", "ordered_list_open") and lists > 1:
            found.append((line, "a list within a list", "make it one list: it is shown as one"))
        if token.type in _UNSUPPORTED:
            found.append((line, *_UNSUPPORTED[token.type]))
        for child in token.children or ():
            if child.type in _UNSUPPORTED:
                found.append((line, *_UNSUPPORTED[child.type]))
            if child.type == "link_open" and not _URL.fullmatch(str(child.attrs.get("href", ""))):
                found.append((line, "a link that is no web address", "write the address with https://"))
    return tuple(found)


def unwrap(text: str) -> str:
    """Join the lines that an author broke to keep them short, as Markdown means them; lists and code keep theirs.

    Two blanks or a backslash at the end of a line keep it.
    """
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        opened = re.match(r" {0,3}(`{3,}|~{3,})", line)
        if fence or opened:
            lines.append(line)
            if opened and not fence:
                fence = opened[1]
            elif opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif line.strip() and lines and _goes_on(lines[-1], line):
            lines[-1] = f"{lines[-1].rstrip()} {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _goes_on(before: str, line: str) -> bool:
    if not before.strip() or before.endswith(("  ", "\\")) or re.match(r" {0,3}(`{3,}|~{3,})", before):
        return False
    return not re.match(r" *(?:[-+*]|[0-9]{1,9}[.)])(?: |$)", line)


def _lines(text: str) -> Iterator[str]:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    return (line.strip() for line in text.split("\n") if line.strip())


def _escape_line(line: str) -> str:
    # A digit cannot be escaped, the mark behind it can; the first pass has seen to ")".
    escaped = _SPECIAL.sub(r"\\\g<0>", line)
    start = _LINE_START.match(escaped)
    return f"{escaped[: start.end() - 1]}\\{escaped[start.end() - 1 :]}" if start else escaped


@lru_cache(maxsize=1024)
def _parse_cached(text: str) -> Document:
    return _parse(text)


def _parse(text: str) -> Document:
    if sum(1 for found in _DELIMITER.finditer(text) if found[1]) > _DELIMITERS_MAX:
        lines = _ESCAPED.sub(r"\1", "\n".join(_lines(text)))
        return Document((Paragraph((Text(lines),)),) if lines else ())
    return Document(tuple(_blocks(_PARSER.parse(text))))


def _blocks(tokens: Iterable[Token]) -> Iterator[Block]:
    """Blocks from markdown-it's flat tokens. What is nested in a list becomes a further item of it."""
    depth = 0
    items: list[tuple[Span, ...]] = []
    start: int | None = None
    fresh = False  # an item was opened and has no text yet
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            if depth == 0:
                items, start = [], None
                if token.type == "ordered_list_open":
                    start = int(token.attrs.get("start", 1))
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
            if depth == 0 and items:
                yield ListBlock(tuple(items), start)
        elif token.type == "list_item_open":
            fresh = True
        elif token.type in ("inline", "fence"):
            if depth == 0:
                yield Paragraph(_spans(token)) if token.type == "inline" else _code_block(token)
            else:
                spans = _spans(token) if token.type == "inline" else (Code(_code_block(token).text),)
                if fresh or not items:
                    items.append(spans)
                else:
                    items[-1] = _joined((*items[-1], Text("\n"), *spans))
                fresh = False


def _code_block(token: Token) -> CodeBlock:
    return CodeBlock(token.content.removesuffix("\n"), token.info.strip())


def _spans(inline: Token) -> tuple[Span, ...]:
    stack: list[tuple[str, str, list[Span]]] = [("", "", [])]  # what was opened, a link's address, what is in it
    for token in inline.children or ():
        name, _, end = token.type.rpartition("_")
        if end == "open":
            known = any(name == opened for opened, _, _ in stack)
            stack.append(("" if known else name, str(token.attrs.get("href", "")), []))
        elif end == "close":
            opened, url, inner = stack.pop()
            outer = stack[-1][2]
            match opened:
                case "strong" if inner:
                    outer.append(Bold(_joined(inner)))
                case "em" if inner:
                    outer.append(Italic(_joined(inner)))
                case "link" if inner:
                    outer.append(Link(_joined(inner), url))
                case _:
                    outer.extend(inner)
        elif token.type == "code_inline":
            stack[-1][2].append(Code(token.content))
        else:
            stack[-1][2].append(
                Text("\n" if end == "break" or token.type in ("softbreak", "hardbreak") else token.content)
            )
    return _joined(stack[0][2])


def _joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    joined: list[Span] = []
    for span in spans:
        if isinstance(span, Text) and joined and isinstance(joined[-1], Text):
            joined[-1] = Text(joined[-1].text + span.text)
        elif not isinstance(span, Text) or span.text:
            joined.append(span)
    return tuple(joined)


def _plain_block(block: Block) -> str:
    match block:
        case CodeBlock():
            return block.text
        case Paragraph():
            return _plain_spans(block.spans)
        case ListBlock():
            marks = ("- " if block.start is None else f"{block.start + n}. " for n in range(len(block.items)))
            texts = (_plain_spans(item).replace("\n", "\n  ") for item in block.items)
            return "\n".join(mark + text for mark, text in zip(marks, texts, strict=True))


def _plain_spans(spans: Iterable[Span]) -> str:
    return "".join(_plain_span(span) for span in spans)


def _plain_span(span: Span) -> str:
    match span:
        case Text() | Code():
            return span.text
        case Link():
            title = _plain_spans(span.spans)
            return title if title == span.url else f"{title} ({span.url})"
        case Bold() | Italic():
            return _plain_spans(span.spans)
