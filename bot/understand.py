"""From what was typed to what was meant: commands as plain words, follow-ups, comparisons, courtesies, questions.

Pure. Only whole messages count as commands ("quiz", "tell me more"), so that a question which happens to hold such a
word stays a question. Words and patterns are catalogue entries: a language brings its own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from bot.wording import Words

LINES_MAX = 3
TEXT_MAX = 2000  # characters that are looked at; the rest of a longer message is not read
TAKE_ARGUMENTS = frozenset({"quiz", "topics", "goal", "flag", "time", "zone", "days", "quiet", "cap", "link"})
_EDGES = " \t\r\n.,;:!?…\"'“”‘’()[]"


@dataclass(frozen=True, slots=True)
class Intent:
    """What a message asks for: a name out of COMMANDS or PATTERNS ("question" if none), and its argument."""

    name: str
    arg: str = ""
    other: str = ""


@cache
def commands(say: Words) -> dict[str, str]:
    """Every command word of a language, and what it asks for."""
    spoken = {
        "start": say.synonyms("start, begin, hello tutor, restart"),
        "help": say.synonyms("help, how it works, what can you do, commands, how does this work, menu"),
        "topics": say.synonyms("topics, browse, browse topics, what do you know, list topics, contents"),
        "quiz": say.synonyms("quiz, quiz me, test me, ask me, ask me something, practise, start quiz, continue"),
        "progress": say.synonyms("progress, my progress, how am i doing, stats, statistics, score"),
        "settings": say.synonyms("settings, preferences, options, change settings"),
        "pause": say.synonyms("pause, stop, unsubscribe, stop writing, leave me alone, stop quizzes, stop messages"),
        "resume": say.synonyms("resume, unpause, resume quizzes, resume reminders"),
        "leave": say.synonyms("quit, exit, cancel, stop quiz, end quiz, stop the quiz, end the quiz, enough, i'm done"),
        "think": say.synonyms("wait, hmm, hm, let me think, one moment, hold on, sorry, a moment"),
        "repeat": say.synonyms("repeat, repeat that, what was the question, repeat the question, again"),
        "time": say.synonyms("time, set time, change time"),
        "zone": say.synonyms("zone, time zone, timezone"),
        "days": say.synonyms("days, set days"),
        "quiet": say.synonyms("quiet, quiet hours"),
        "cap": say.synonyms("questions a day, items a day"),
        "undo": say.synonyms("undo, take that back, oops"),
        "flag": say.synonyms(
            "flag, report, this question is wrong, the question is wrong, that's wrong, thats wrong, "
            "flag it, flag this, flag that, report it, report this, report a mistake, report an error"
        ),
        "link": say.synonyms("link, link my account, link accounts, link my accounts, join accounts, use another app"),
        "privacy": say.synonyms("privacy, what do you know about me, my data, data protection"),
        "export": say.synonyms("export, export my data, download my data"),
        "forget": say.synonyms("forget, forget me, delete my data, delete me, delete everything"),
        "goal": say.synonyms(
            "goal, my goal, change goal, path, what should i learn, what should i learn first, where do i start, "
            "where should i start"
        ),
        "more": say.synonyms(
            "more, tell me more, more please, go on, details, more details, elaborate, explain more, explain that"
        ),
        "related": say.synonyms("related, what else, similar, related topics, anything related"),
        "sources": say.synonyms("sources, source, where is that from, references, links, says who"),
        "quiz_this": say.synonyms(
            "quiz me on that, quiz me on it, quiz me on this, test me on that, test me on it, test me on this"
        ),
        "not_it": say.synonyms(
            "that's not it, thats not it, not it, not what i meant, wrong topic, no not that, no that's not it, "
            "that's not what i meant"
        ),
        "wish_last": say.synonyms("tell me when you know, tell me when you do, let me know when you know"),
        "unsure": say.synonyms(
            "i don't know, i dont know, idk, dunno, no idea, don't know, dont know, pass, not sure, no clue, "
            "i forgot, i don't remember, i dont remember, i have no idea, don't remember, unsure"
        ),
        "hint": say.synonyms("hint, a hint, clue, a clue, help me"),
        "skip": say.synonyms("skip, skip it, skip this, skip question, skip this one"),
        "guessed": say.synonyms("i guessed, guessed, lucky guess, just guessed"),
        "easy": say.synonyms("too easy, easy, that was too easy"),
        "next": say.synonyms("next, next question, next one, another, another one"),
        "why": say.synonyms("why, why?, how come, why is that"),
        "show": say.synonyms("show answer, show, show me, answer, show the answer"),
        "greeting": say.synonyms(
            "hi, hello, hey, hi there, hello there, hey there, good morning, good evening, yo, hiya"
        ),
        "thanks": say.synonyms(
            "thanks, thank you, thx, ty, cheers, great, great thanks, ok thanks, thank you very much, nice, cool, "
            "awesome, perfect"
        ),
        "bye": say.synonyms("bye, goodbye, see you, good night, later, see you later"),
        "yes": say.synonyms(
            "yes, y, yes please, sure, ok, okay, yep, yeah, of course, yes thanks, sounds good, do it, "
            "i knew it, knew it, 👍"
        ),
        "no": say.synonyms("no, n, no thanks, nope, no thank you, not now, rather not, not really, i did not, 👎"),
        "self": say.synonyms(
            "who are you, what are you, are you a bot, are you human, are you an ai, what is this, are you real, "
            "are u a bot, are u an ai, are u real, r u a bot, r u real, who r u, who are u"
        ),
    }
    return {tidy(word): name for name, wordlist in spoken.items() for word in wordlist}


@cache
def patterns(say: Words) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Whole-message patterns of a language, first match wins; groups are the argument and the other."""
    spoken = (
        ("quiz_this", say.label(r"(?:quiz|test) me on (?:that|it|this)(?: topic)?")),
        ("quiz", say.label(r"(?:(?:quiz|test|drill) me|quiz)(?: on| about)?(?: the)? (.+)")),
        ("quiz", say.label(r"(?:give me|start|how about|let's do|lets do|i want|take) (?:a|another) quiz")),
        (
            "quiz",
            say.label(r"(?:give me|start|how about|let's do|lets do|i want|take) a quiz (?:on|about) (?:the )?(.+)"),
        ),
        (
            "topics",
            say.label(
                r"(?:topics|browse|list|show)(?: me)?(?: all)?(?: the| your)? "
                r"(skills?|practices?|careers?|jobs?|concepts?|paths?)"
            ),
        ),
        ("time", say.label(r"(?:set )?(?:my )?(?:quiz )?time (?:to |at )?((?:\d|noon|midnight).*)")),
        ("zone", say.label(r"(?:set )?(?:my )?(?:time ?zone|zone) (?:is |to )?(\S.{1,40})")),
        (
            "days",
            say.label(r"(?:set )?(?:my )?(?:quiz )?days (?:to )?((?:every|week|mon|tue|wed|thu|fri|sat|sun|all).*)"),
        ),
        ("cap", say.label(r"(?:set )?(?:items?|questions)(?: a| per)?(?: day)? (?:to )?(-?\d{1,9})(?: a day)?")),
        ("quiet", say.label(r"(?:set )?quiet(?: hours)? (?:from )?((?:\d|off|none|noon|midnight).*)")),
        ("retention", say.label(r"(?:set )?retention (?:to )?(-?[\d.,]{1,6}) ?%?")),
        (
            "link",
            say.label(r"(?:link|join)(?: code)? ([2-9a-hj-np-z]{4}-[2-9a-hj-np-z]{4}|(?=\w*\d)[2-9a-hj-np-z]{8})"),
        ),
        ("goal", say.label(r"(?:set )?(?:my )?goal (?!of\b|for\b)(?:is |to )*(?:become |be )?(?:an? )?(.+)")),
        ("flag", say.label(r"(?:flag|report)(?:\s*:| this| that| it)\s*(.+)")),
        ("topics", say.label(r"(skills|practices|careers|jobs|concepts|paths)")),
        (
            "pause",
            say.label(
                r"(?:(?:pause|stop|turn off)(?: sending)?(?: me)?(?: the| all| my| your)?"
                r" (?:quizzes|messages|reminders|writing)|(?:don't|do not|stop) (?:write|writing)(?: to)? me)"
            ),
        ),
        ("differs", say.label(r"(?:and )?how (?:is|are) (?:that|it|this|they) different (?:from|to|than) (.+)")),
        ("differs", say.label(r"(?:and )?how (?:is|are) (.+) different (?:from|to|than) (?:that|it|this|them)")),
        ("differs", say.label(r"(?:and )?how does (?:that|it|this) (?:differ from|compare (?:to|with)) (.+)")),
        ("differs", say.label(r"(?:compare (?:that|it|this) (?:with|to|and)|(?:that|it|this) vs) (.+)")),
        ("compare", say.label(r"(?:what is |what's |whats |explain )?(?:the )?differences? between (.+?) and (.+)")),
        ("compare", say.label(r"compare (.+?) (?:and|with|to|vs\.?|versus) (.+)")),
        ("compare", say.label(r"(.+?) (?:vs\.?|versus|or|compared to|compared with) (.+)")),
        ("meant", say.label(r"(?:no|nope|sorry)?[, ]*(?:not that,? )?(?:i|l) (?:meant|mean|was asking about) (.+)")),
        ("follow", say.label(r"(?:and|and what about|what about|how about|and how about) (.+)")),
    )
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in spoken)


def tidy(text: str) -> str:
    """Fold a message for comparison: NFKC, case, straight apostrophes, single spaces, no punctuation at the edges."""
    folded = unicodedata.normalize("NFKC", text[:TEXT_MAX]).casefold().replace("’", "'")
    return " ".join(folded.split()).strip(_EDGES)


def understand(text: str, say: Words, *, admin: bool = False) -> Intent:
    """What a typed message asks for. A leading slash is allowed before any command word.

    `admin`: it is typed by one, for whom a few words more are commands.
    """
    plain = tidy(text)
    bare = plain.removeprefix("/")
    if admin and (bare.split(" ")[0].partition("@")[0] if plain != bare else bare) in say.synonyms("admin"):
        return Intent("admin")  # what follows a slash and the word does not matter, as with other commands
    polite = re.sub(_polite(say), "", bare).strip(_EDGES)
    name = commands(say).get(bare) or commands(say).get(polite)
    if name:
        return Intent(name)
    if text.lstrip().startswith("/"):
        return _slash(bare, say)
    if not any(ch.isalpha() for ch in plain):
        return Intent("nothing", plain)
    return _pattern(plain, say) or _pattern(polite, say) or Intent("question", without_courtesy(text[:TEXT_MAX], say))


@cache
def _polite(say: Words) -> re.Pattern[str]:
    """What people wrap a command in: "can you …", "… please"."""
    return re.compile(
        say.label(
            r"^(?:(?:please|ok|okay|can you|could you|can i have|could i have|may i have|give me|i need|i want"
            r"|i'm|im|i am|really|just|sorry)\b[, ]*)+|(?:[, ]+(?:please|thanks|thank you|now|then|sorry))+$"
        )
    )


def _slash(bare: str, say: Words) -> Intent:
    """A command behind a slash. Those that take something take what follows; to the others it does not matter."""
    word, _, rest = bare.partition(" ")
    word = word.partition("@")[0]
    known = commands(say).get(word)
    if known == "settings" and rest:
        return _pattern(rest, say) or Intent(known)
    if known:
        return Intent(known, rest.strip(_EDGES) if known in TAKE_ARGUMENTS else "")
    return _pattern(bare, say) or Intent("no_command", word)


def _pattern(plain: str, say: Words) -> Intent | None:
    if len(plain) > 200:  # a long message is a story, not a command
        return None
    for name, pattern in patterns(say):
        found = pattern.fullmatch(plain)
        if found:
            groups = [group or "" for group in found.groups()]
            return Intent(
                name, groups[0].strip(_EDGES) if groups else "", groups[1].strip(_EDGES) if len(groups) > 1 else ""
            )
    return None


def without_courtesy(text: str, say: Words) -> str:
    """Drop a greeting before a question: "hi tutor, what is git?" asks for git."""
    greeting = say.label(
        r"\s*(?:hi|hello|hey|good (?:morning|evening|afternoon))(?: there| tutor| all| everyone)?\s*[,.!:\n-]+\s*(?=\w)"
    )
    rest = re.sub(rf"^{greeting}", "", text, count=1, flags=re.IGNORECASE)
    return rest or text


def without_lead_in(text: str, say: Words) -> str:
    """A typed answer without what people put before it: "I think it's the standby" is "the standby"."""
    lead = say.label(
        r"(?:(?:i think|i guess|i'd say|maybe|perhaps|probably|not sure but|it is|it's|its|that is|that's"
        r"|the answer is|answer|option|number|the)\b[:,]? *)*"
    )
    trail = say.label(r"(?: (?:one|option))?[?!. ]*$")
    plain = tidy(text)
    bare = re.sub(trail, "", re.sub(f"^{lead}", "", plain))
    return bare or plain


def parts(text: str) -> list[str]:
    """The questions of one message, split after question marks, and at line ends where few lines are given.

    Many lines that are no questions are a story or a paste, and stay together.
    """
    lines = [line.strip() for line in text.splitlines() if any(ch.isalnum() for ch in line)]
    if len(lines) > LINES_MAX and sum(line.endswith("?") for line in lines) < len(lines) - 1:
        return [" ".join(lines)]
    pieces = [piece.strip() for line in lines for piece in re.split(r"(?<=\?)\s+", line)]
    return [piece for piece in pieces if any(ch.isalnum() for ch in piece)]


def looks_like_question(text: str, say: Words) -> bool:
    """Whether a message typed while a quiz question is open is a question of the learner's own."""
    asking = say.label(r"(?:what|how|why|who|where|which|can|could|should|is|are|does|do|explain|tell me|define)\b.+")
    return text.rstrip().endswith("?") or re.match(asking, tidy(text), re.IGNORECASE) is not None
