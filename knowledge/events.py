"""YAML events at speed: ruamel.yaml's parser with quick ways through its scanner's hottest spots.

ruamel.yaml in pure Python reads 0.4 MB/s, character by character, so that 120 topics took over two seconds. What is
overridden here does the same in fewer steps (a regular expression for a plain scalar on one line, no look-ahead where
no simple key is possible) and falls back to the library's own code for everything else.
tests/unit/knowledge/test_events.py holds both side by side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from ruamel.yaml.error import FileMark
from ruamel.yaml.events import Event, ScalarEvent
from ruamel.yaml.parser import Parser
from ruamel.yaml.reader import Reader
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tokens import ScalarToken

_ODD_BREAKS = re.compile("[\r\ufeff]")
_BETWEEN = re.compile(r"(?: *(?:#[^\n\r\0\x85\u2028\u2029]*)?\n)* *")
_ODD = "#\t\r\ufeff\x85\u2028\u2029"  # what else may stand between tokens: the library's own code knows
_KEY_MAX = 1024  # characters, from the YAML specification
# In { } and [ ]: words up to a mark that ends them on the same line.
_FLOW_WORD = r"[^\s:?\[\]{},#]+"
_PLAIN_IN_FLOW = re.compile(rf"({_FLOW_WORD}(?: +{_FLOW_WORD})*) *(?=[,\]}}]|:[ \n])")
# Elsewhere: words up to ": ", or up to the end of the line; then the next line's indentation tells whether they go on.
_CHARACTER, _FIRST = r"(?:[^\s:]|:(?=\S))", r"(?:[^\s:#]|:(?=\S))"
_PLAIN_IN_BLOCK = re.compile(rf"({_CHARACTER}+(?: +{_FIRST}{_CHARACTER}*)*)(?:(?=:[ \n])| *(\n)( *)(?=\S))")


# "|" or "|-" alone in its line, and the indentation of the first line below.
_LITERAL = re.compile(r"\|(-?)\n( +)(?=[^\s])")


@lru_cache(maxsize=32)
def _body(indent: int) -> re.Pattern[str]:
    """The lines of a literal text, each with its end; blank ones may be shorter than the indentation."""
    return re.compile(f"(?: {{{indent}}}[^\n\r\0\x85\u2028\u2029]*\n| {{0,{indent - 1}}}\n)+")


class _Stream(Reader, Scanner, Parser):
    """Reader, scanner and parser in one object, as ruamel.yaml's own loaders are built, without a constructor."""

    # In the library these are properties that look the part up at every step.
    reader: Any = None
    scanner: Any = None
    resolver: Any = None
    scanner_processing_version: Any = (1, 2)
    processing_version: Any = (1, 2)
    comment_handling: Any = None

    def __init__(self, text: str) -> None:
        self._mark = FileMark(None, 0, 0, 0)
        self.reader = self.scanner = self.resolver = self
        Reader.__init__(self, text, loader=self)
        Scanner.__init__(self, loader=self)
        Parser.__init__(self, loader=self)

    def get_mark(self) -> FileMark:
        if self._mark.index != self.index:
            self._mark = FileMark(None, self.index, self.line, self.column)
        return self._mark

    def peek(self, index: int = 0) -> str:
        try:
            return self.buffer[self.pointer + index]
        except IndexError:
            return "\0"  # the whole text is in the buffer: there is nothing to read on

    def prefix(self, length: int = 1) -> str:
        return self.buffer[self.pointer : self.pointer + length]

    def forward(self, length: int = 1) -> None:
        end = self.pointer + length
        if _ODD_BREAKS.search(self.buffer, self.pointer, end):
            super().forward(length)
            return
        if breaks := self.buffer.count("\n", self.pointer, end):
            self.line += breaks
            self.column = end - self.buffer.rindex("\n", self.pointer, end) - 1
        else:
            self.column += length
        self.pointer = end
        self.index += length

    def check_token(self, *choices: Any) -> bool:
        tokens = self.tokens
        if not tokens or self.possible_simple_keys:
            while self.need_more_tokens():
                self.fetch_more_tokens()
        return bool(tokens) and (not choices or isinstance(tokens[0], choices))

    def get_token(self) -> Any:
        if not self.check_token():
            return None
        self.tokens_taken += 1
        return self.tokens.pop(0)

    def need_more_tokens(self) -> bool:
        if self.done or not self.tokens:
            return not self.done
        needed = False
        for key in self.possible_simple_keys.values():
            if key.line != self.line or self.index - key.index > _KEY_MAX:
                self.stale_possible_simple_keys()
                return any(key.token_number == self.tokens_taken for key in self.possible_simple_keys.values())
            needed = needed or key.token_number == self.tokens_taken
        return needed

    def fetch_more_tokens(self) -> None:
        self.scan_to_next_token()
        if self.buffer[self.pointer].isalnum():  # nothing but a plain scalar begins so
            self.stale_possible_simple_keys()
            self.unwind_indent(self.column)
            self.fetch_plain()
        else:
            super().fetch_more_tokens()

    def scan_to_next_token(self) -> None:
        passed = _BETWEEN.match(self.buffer, self.pointer)
        if passed and passed.end() > self.pointer:
            before = self.line
            self.forward(passed.end() - self.pointer)
            if self.line != before and not self.flow_context:
                self.allow_simple_key = True
        if self.buffer[self.pointer] in _ODD:
            super().scan_to_next_token()

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Event:
        if not self.check_token(ScalarToken):
            return super().parse_node(block, indentless_sequence)  # type: ignore[no-any-return]
        token = self.tokens.pop(0)
        self.tokens_taken += 1
        self.state = self.states.pop()
        implicit = (token.plain, not token.plain)
        return ScalarEvent(None, None, implicit, token.value, token.start_mark, token.end_mark, style=token.style)

    def fetch_directive(self) -> None:
        raise ScannerError(None, None, "directives (lines that begin with %) are not used here", self.get_mark())

    def scan_plain(self) -> ScalarToken:
        if self.flow_context:
            found = _PLAIN_IN_FLOW.match(self.buffer, self.pointer)
            return self._plain([found[1]], found) if found else self._slow_plain()
        words: list[str] = []
        found = _PLAIN_IN_BLOCK.match(self.buffer, self.pointer)
        while found:
            words.append(found[1])
            if not found[2]:
                break
            following = self.buffer[found.end()]
            if not found[3] and following in ".-":  # perhaps the end of the document
                return self._slow_plain()
            if len(found[3]) <= self.indent or following == "#":
                break
            found = _PLAIN_IN_BLOCK.match(self.buffer, found.end())
        # A text over several lines cannot be a key: leave the error to the library.
        return self._plain(words, found) if found and (found[2] or len(words) == 1) else self._slow_plain()

    def scan_block_scalar(self, style: str, rt: bool | None = False) -> ScalarToken:
        header = _LITERAL.match(self.buffer, self.pointer)
        indent = len(header[2]) if header else 0
        if not header or indent <= self.indent or self.indent < 0:
            return super().scan_block_scalar(style, rt)  # type: ignore[no-any-return]
        begun = header.start(2)
        body = _body(indent).match(self.buffer, begun)
        if not body or self.buffer.startswith(header[2], body.end()):  # an odd line, or the last without its end
            return super().scan_block_scalar(style, rt)  # type: ignore[no-any-return]
        start = self.get_mark()
        self.forward(body.end() - self.pointer)
        text = "\n".join(line[indent:] for line in body[0].split("\n")).rstrip("\n")
        return ScalarToken(text if header[1] else f"{text}\n", False, start, self.get_mark(), style)

    def _slow_plain(self) -> ScalarToken:
        return super().scan_plain()  # type: ignore[no-any-return]

    def _plain(self, words: list[str], last: re.Match[str]) -> ScalarToken:
        """The token for `words`, one a line, of which `last` is the last; moves on behind it."""
        start = self.get_mark()
        self.forward(last.end(1) - self.pointer)
        end = self.get_mark()
        self.allow_simple_key = self.line != start.line or bool(last.lastindex and last.lastindex > 1)
        self.forward(last.end() - self.pointer)
        return ScalarToken(" ".join(words), True, start, end)


def events(text: str) -> Iterator[Event]:
    """The YAML 1.2 events of `text`, marks counted from 0.

    Raises:
        YAMLError: the text is not YAML; marked errors carry `problem_mark`.
        ValueError: an escape names no character.
    """
    stream = _Stream(text)
    while stream.state:
        yield stream.state()
