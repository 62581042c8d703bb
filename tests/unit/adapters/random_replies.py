"""Replies of all kinds that a seed decides: any characters, any length, nested markup, many buttons."""

from __future__ import annotations

import random
import string

from bot.messages import Button, Document, Image, Poll, Reply
from knowledge.markup import escape, link

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
SNIPPETS = (
    *(
        "@durov",
        "@channel",
        "<!channel>",
        "<@U123>",
        "<#C1|x>",
        "&lt;",
        "<b>bold</b>",
        ":tada:",
        "#tag",
        "$USD",
        "/help",
    ),
    *(
        "/start@bot",
        "http://evil.example.com/x?y=z#q",
        "https://t.me/joinchat/abc",
        "example.com",
        "README.md",
        "a@b.org",
    ),
    *(
        "tg://resolve?domain=x",
        "10.0.0.1:8080",
        "3.14",
        "v1.2.3",
        "e.g.",
        "and/or",
        "+49 170 1234567",
        "4111111111111111",
    ),
    *(
        "*",
        "**",
        "_",
        "`",
        "```",
        "[",
        "](",
        "~",
        "\\",
        "- ",
        "1. ",
        "> ",
        "|",
        "&amp;",
        "~~x~~",
        "![a](https://b.example.com)",
    ),
    *(
        "\u202eevil",
        "\u2066x\u2069",
        "\u200e\u200f\u200e",
        "\u0000",
        "\x07",
        "\ud800",
        "\udc00\ud83d",
        "\ufffe",
        "\u2028",
    ),
    *(
        FAMILY,
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d\U0001f3fd",
        "e\u0301\u0327",
        "a\u030a",
        "क्षि",
        "שלום",
        "日本語。テスト、",
        "\u00a0",
        "\u200b",
    ),
    *(
        "@\u202aduro",
        "x.\u200e\u200e\u200ecom",
        "x.\u0333com",
        "\t",
        "\r\n",
        "\r",
        "…",
        "!",
        "?",
        ". ",
        "\u3000",
        "\u2800",
    ),
)
ALPHABETS = (
    string.ascii_lowercase + "     ",
    string.ascii_letters + string.digits + " .,;:!?\n",
    string.punctuation + " \n" + string.ascii_lowercase,
    "漢字仮名交じり文。、！？",
    "\U0001f600\U0001f601\u200d\ufe0f\u0301 ",
)


class Maker:
    """Makes replies. Each link has an address of its own, so that links can be told apart."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.links = 0

    def characters(self, most: int) -> str:
        """Any text: words, marks, snippets, or characters from anywhere."""
        pick = self.random
        length = int(most ** pick.random())
        kind = pick.random()
        if kind < 0.35:
            return "".join(pick.choices(ALPHABETS[pick.randrange(len(ALPHABETS))], k=length))
        if kind < 0.7:
            between = pick.choice(("", " ", " ", "\n", "a"))
            return between.join(pick.choices(SNIPPETS, k=max(1, length // 6)))
        if kind < 0.9:
            words = (
                "".join(pick.choices(ALPHABETS[0][:26], k=pick.randint(1, 12))) for _ in range(max(1, length // 6))
            )
            return " ".join(words)
        return "".join(
            chr(pick.choice((pick.randrange(0x300), pick.randrange(0x3000), pick.randrange(0x110000))))
            for _ in range(length)
        )

    def span(self, most: int, depth: int) -> str:
        """Light Markdown within a line, nested."""
        pick = self.random
        inner = self.span(most, depth - 1) if depth and pick.random() < 0.6 else str(escape(self.characters(most)))
        match pick.randrange(7):
            case 0:
                return f"**{inner}**"
            case 1:
                return f"*{inner}*"
            case 2:
                return f"`{inner}`"
            case 3:
                self.links += 1
                host = pick.choice(("example.com", "example.com", "localhost", "user@example.com", "a" * 70 + ".com"))
                path = "p" * pick.choice((1, 1, 1, 10, 2100)) if pick.random() < 0.1 else "päth"
                return str(link(self.characters(30), f"https://{host}/{self.links}/{path}"))
            case 4:
                return f"{inner} {self.span(most, 0) if depth else self.characters(most)}"
            case _:
                return inner

    def text(self, most: int) -> str:
        """Light Markdown: paragraphs, lists, code, or no Markdown at all."""
        pick = self.random
        if pick.random() < 0.2:
            return self.characters(most)
        blocks = []
        for _ in range(pick.randint(1, 4)):
            size = max(1, most // 4)
            match pick.randrange(6):
                case 0:
                    mark = pick.choice(("- ", "{}. "))
                    first = pick.choice((1, 1, 7, 998, 123456789))
                    count = int(15 ** pick.random())
                    items = (self.span(max(1, size // count), 2).replace("\n", " ") for _ in range(count))
                    blocks.append("\n".join(mark.format(first + n) + item for n, item in enumerate(items)))
                case 1:
                    language = pick.choice(("", "python", "c++", "no language\u202e", "x" * 90))
                    blocks.append(f"```{language}\n{self.characters(size)}\n```")
                case 2:
                    blocks.append(" ".join(self.span(max(1, size // 40), 3) for _ in range(int(15 ** pick.random()))))
                case _:
                    blocks.append(self.span(size, 3))
        return "\n\n".join(blocks)

    def action(self) -> str:
        pick = self.random
        kind = pick.random()
        if kind < 0.1:
            return f"private:{pick.choice(('quiz', 'settings', 'link', 'no/such command'))}"
        if kind < 0.5:
            return f"a:12-3:{pick.choice(('?', pick.randrange(10**6)))}"
        return "".join(pick.choices(string.ascii_letters + ":-/_é", k=pick.randint(1, 32)))

    def buttons(self) -> tuple[Button, ...]:
        pick = self.random
        count = pick.choice((0, 0, 0, 0, 1, 3, 5)) if pick.random() < 0.95 else pick.randint(7, 30)
        if pick.random() < 0.003:
            count = 200
        return tuple(Button(self.characters(pick.choice((12, 40, 200))), self.action()) for _ in range(count))

    def poll(self) -> Poll:
        pick = self.random
        options = tuple(
            self.characters(pick.choice((20, 90, 300))) for _ in range(pick.choice((0, 1, 2, 3, 4, 4, 4, 12, 13, 30)))
        )
        right = pick.randrange(len(options)) if options and pick.random() < 0.95 else len(options)
        return Poll(
            self.characters(pick.choice((60, 600))), options, right, self.characters(pick.choice((1, 100, 500)))
        )

    def reply(self) -> Reply:
        """One reply; one in a hundred is very long."""
        pick = self.random
        size = pick.choice((1, 10, 20, 30, 60, 160)) if pick.random() < 0.993 else pick.choice((2_000, 8_000, 20_000))
        return Reply(
            text="" if pick.random() < 0.05 else self.text(size),
            buttons=self.buttons(),
            image=Image("chart", {}, self.characters(60)) if pick.random() < 0.05 else None,
            poll=self.poll() if pick.random() < 0.08 else None,
            document=Document(self.characters(20), self.characters(400)) if pick.random() < 0.05 else None,
        )
