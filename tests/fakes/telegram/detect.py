"""What the platform finds in a text by itself: mentions, hashtags, cashtags, commands, addresses of sites and mail.

The rules are those that TDLib documents, written anew as regular expressions. Domains without a protocol count only
with a known ending, as there; the endings here are all of countries and the more common of the others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.fakes.telegram.rules import units
from tests.fakes.telegram.world import Json

_COUNTRIES = (
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc"
    " cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gb"
    " gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke"
    " kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu"
    " mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw"
    " sa sb sc sd se sg sh si sk sl sm sn so sr st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug"
    " uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw"
)
_OTHERS = (
    "academy accountant actor agency airforce amazon analytics android app apple archi army art arte associates"
    " auction audio auto autos baby band bank bar beer best bet bible bid bike bing bingo bio biz black blog blue"
    " boats book boutique box broker build builders business buy buzz cab cafe cam camera camp capital car cards"
    " care career careers cars casa case cash casino cat center ceo chat cheap church city claims cleaning click"
    " clinic cloud club coach codes coffee college com community company compare computer construction consulting"
    " contact contractors cooking cool coop country coupon courses credit cruise dance data date day deal deals"
    " degree delivery dental design dev diamonds diet digital direct directory discount doctor dog domains dot"
    " download earth eco edu education email energy engineer engineering enterprises equipment estate events"
    " exchange expert exposed express fail faith family fan fans farm fashion fast feedback film final finance"
    " financial fire fish fit fitness flights florist flowers fly food football forum foundation free fun fund"
    " furniture futbol fyi gallery game games garden gift gifts gives glass global gmail gold golf goo goog google"
    " gop gov graphics gratis green group guide guitars guru hair haus health healthcare help here hiphop hockey"
    " holdings holiday homes horse hospital host hosting hot house how icu inc industries info ink institute"
    " insurance insure int international investments java jetzt jobs kim kitchen land lat law lawyer lease legal"
    " life lifestyle lighting like limited limo link live living loan loans lol london love ltd luxury maison"
    " makeup management map market marketing markets mba med media meet memorial men menu microsoft mil mini mobi"
    " moda moe moi money monster moscow mov movie museum music name navy net network new news next ninja now"
    " observer office one online ooo open oracle org organic page paris partners parts party pay pet phd photo"
    " photography photos pics pictures pid pin pink pizza place play plumbing plus poker post press prime pro"
    " productions prof promo properties property protection pub python racing radio read realty recipes red rehab"
    " rent rentals repair report republican rest restaurant review reviews rich rip rocks room run safe sale save"
    " school science search security select services sex shoes shop shopping show singles site ski skin soccer"
    " social software solar solutions song space spot stream studio study style sucks supplies supply support surf"
    " surgery systems tab talk target tax taxi team tech technology tel tennis theater tickets tips tires today"
    " tokyo tools top tours town toys trade trading training travel trust tube university uno vacations vegas"
    " ventures vet video villas vip vision vote voting voyage wang watch weather web webcam website wedding wiki"
    " win windows wine work works world wow wtf xin xxx xyz yoga you zero zip zone орг рф рус сайт онлайн москва"
    " укр бел 中国 公司 网络 한국 ไทย"
)
ENDINGS = frozenset(f"{_COUNTRIES} {_OTHERS}".split())

_HASH = r"\w\u200c\u00b7\u0d80-\u0dff"
_DOMAIN = r"A-Za-z0-9_~\-\u00c0-\u167f\u1681-\u1fff\u200c\u200d\u2010-\u2015\u2070-\u2fff\u3001-\U0010ffff"
_PATH = r"[^\s<>\"«»\u2000-\u200b\u200e\u200f\u2016-\u206f]"
_MENTION = re.compile(r"(?<!\w)@(\w{2,32})(?!\w)", re.ASCII)
_COMMAND = re.compile(r"(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>])")
_HASHTAG = re.compile(rf"(?<![{_HASH}])#[{_HASH}]{{1,256}}(?!#)")
_CASHTAG = re.compile(rf"(?<![{_HASH}$])\$(?:1INCH|[A-Z]{{1,8}})(?![{_HASH}$])")
_APP_LINK = re.compile(rf"(?:tg|ton)://[a-z0-9_-]{{1,253}}(?:[/?#]{_PATH}*)?", re.IGNORECASE)
_MAIL = re.compile(r"(?<![\w.+/-])[\w.+-]{1,64}@(?:[a-z0-9][a-z0-9_-]*\.)+[a-z]{2,8}(?![\w.-]*\w)", re.I | re.ASCII)
_LINK = re.compile(
    rf"(?:(?P<protocol>(?:https?|ftp)://)|(?<![{_DOMAIN}.]))(?:[^\s/@\[\](){{}}'`<>\"«»]{{1,64}}@)?"
    rf"(?P<domain>[{_DOMAIN}]+(?:\.[{_DOMAIN}]+)+)(?::\d{{1,5}})?(?P<path>[/?#]{_PATH}*)?",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[@/#$]|\.\S")  # without any of these there is nothing to find
_SHORT = {"gif", "vid", "pic"}
_CLOSED = {"code", "pre", "text_link", "text_mention", "custom_emoji"}  # nothing is looked for inside these


def _links(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _LINK.finditer(text):
        before = text[match.start() - 1] if match.start() else ""
        labels = match["domain"].split(".")
        ending = labels[-1].lower()
        if not match["protocol"] and (before.isalnum() or before in {"/", "#", "@"}):
            continue
        if any(len(label) > 63 or label.endswith("-") for label in labels):
            continue
        numbers = len(labels) == 4 and all(label.isdigit() and int(label) < 256 for label in labels)
        known = ending in ENDINGS or bool(match["protocol"] and re.fullmatch(r"[^\W\d_]{2,}|xn--[a-z0-9]+", ending))
        if not numbers and not known:
            continue
        end = match.end()
        while match["path"] and end > match.start("path") + 1 and text[end - 1] in ".:;,('?!`)":
            end -= 1
        yield "url", match.start(), end


def _found(text: str) -> Iterator[tuple[str, int, int]]:
    if not _SIGNS.search(text):
        return
    for match in _MAIL.finditer(text):
        yield "email", match.start(), match.end()
    for match in _APP_LINK.finditer(text):
        yield "url", match.start(), match.end()
    yield from _links(text)
    for match in _MENTION.finditer(text):
        # the look-behind is of ASCII here: any letter before the sign makes it no mention
        if (len(match[1]) >= 4 or match[1].lower() in _SHORT) and not text[: match.start()][-1:].isalnum():
            yield "mention", match.start(), match.end()
    for match in _COMMAND.finditer(text):
        yield "bot_command", match.start(), match.end()
    for match in _HASHTAG.finditer(text):
        if any(character.isalpha() for character in match[0]):
            yield "hashtag", match.start(), match.end()
    for match in _CASHTAG.finditer(text):
        yield "cashtag", match.start(), match.end()


def found(text: str, entities: list[Json]) -> list[Json]:
    """The entities that the platform adds to a text beside `entities`; offsets in UTF-16 units, in order."""
    taken = [(e["offset"], e["offset"] + e["length"]) for e in entities if e["type"] in _CLOSED]
    result: list[Json] = []
    for kind, start, end in _found(text):
        first, last = units(text[:start]), units(text[:end])
        if all(last <= a or first >= b for a, b in taken):
            taken.append((first, last))
            result.append({"type": kind, "offset": first, "length": last - first})
    return sorted(result, key=lambda entity: int(entity["offset"]))
