"""At what instant: a learner's zone, hours and days, turned into aware UTC datetimes.

Every function is pure; the caller passes the present in. Recurring local times are worked out here with zoneinfo and
not by a cron trigger, because a cron at 01:30 local fires twice on the night the clocks go back, and never on the one
they go forward. A local time that is shown twice means its first showing; one that is skipped means the first instant
after the gap. What learners type ("half past" aside) is read here too, so that every front end understands the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import lru_cache
from itertools import count
from math import ceil, floor
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

ROLLOVER = time(4)  # a learning day lasts until 04:00: whoever answers at one in the morning is still up from today
EVENING = time(19)
DAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY_DAY = frozenset(range(7))

_EVERY_DAY_PHRASES = ("every day", "everyday", "daily", "each day", "any day", "all", "all days", "all week")
_DAY_GROUPS = dict.fromkeys(("weekday", "weekdays", "workdays"), frozenset(range(5)))
_DAY_GROUPS |= dict.fromkeys(("weekend", "weekends"), frozenset({5, 6}))
_DAY_GROUPS |= dict.fromkeys(("", "and", "on", "every", "each", "all", "the"), frozenset())
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.h](?P<minute>\d{2})|h| ?o'clock)? ?(?:(?P<half>[ap])(?:m|\.m\.?)?)?")
_OFFSET = re.compile(r"(?:utc|gmt)? ?(?P<sign>[+-]) ?(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?")

# Standard offset from UTC in minutes -> zone. The sign in Etc/ names is the reverse of everyday use.
_BY_OFFSET = {hours * 60: f"Etc/GMT{-hours:+d}" if hours else "UTC" for hours in range(-12, 15)}
_BY_OFFSET |= {-570: "Pacific/Marquesas", -210: "America/St_Johns", 210: "Asia/Tehran", 270: "Asia/Kabul"}
_BY_OFFSET |= {330: "Asia/Kolkata", 345: "Asia/Kathmandu", 390: "Asia/Yangon", 525: "Australia/Eucla"}
_BY_OFFSET |= {570: "Australia/Darwin", 630: "Australia/Lord_Howe", 765: "Pacific/Chatham"}

# What people call zones that have no such IANA name. EST is an IANA zone without summer time: nobody means that one.
_ALIASES = {
    "UTC": "gmt|z|zulu|greenwich",
    "America/Los_Angeles": "pst|pdt|pt|pacific|san francisco|seattle|san diego|california",
    "America/Denver": "mst|mdt|mt|mountain",
    "America/Chicago": "cst|cdt|ct|central|dallas|houston|austin|texas",
    "America/New_York": "est|edt|et|eastern|washington|boston|atlanta|miami|philadelphia",
    "Europe/London": "bst|uk|england|united kingdom|britain|manchester",
    "Europe/Berlin": "cet|cest|germany|munich|hamburg|cologne|frankfurt",
    "Asia/Kolkata": "ist|india|delhi|new delhi|mumbai|bangalore|bengaluru|chennai|hyderabad|pune",
    "Asia/Shanghai": "china|beijing|shenzhen",
    "Asia/Tokyo": "jst|japan|osaka",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """When one learner wants to hear from Tutor.

    `zone` is an IANA name, `at` the preferred local time, `days` the weekdays on which it counts (0 Monday .. 6
    Sunday). Quiet hours run from `quiet_from` to `quiet_to`, local, over midnight where the end is the earlier.

    Raises:
        ValueError: an unknown zone (with suggestions), no or impossible days, half a pair of quiet hours.
    """

    zone: str
    at: time = time(9)
    days: frozenset[int] = EVERY_DAY
    quiet_from: time | None = None
    quiet_to: time | None = None

    def __post_init__(self) -> None:
        """Refuse habits that name no instant."""
        zone_named(self.zone)
        if not self.days or not self.days <= EVERY_DAY:
            raise ValueError(f"days must be some of 0 (Monday) to 6 (Sunday), not {sorted(self.days)}")
        if (self.quiet_from is None) != (self.quiet_to is None):
            raise ValueError("quiet hours need both a beginning and an end")
        if self.quiet_from is not None and self.quiet_from == self.quiet_to:
            raise ValueError("quiet hours begin and end at the same time: choose two different times, or none")
        if any(t and t.tzinfo for t in (self.at, self.quiet_from, self.quiet_to)):
            raise ValueError("at and quiet hours are local times: leave out their tzinfo")


@lru_cache(maxsize=1024)  # ZoneInfo itself holds on to eight, and reads a file for the ninth
def zone_named(name: str) -> ZoneInfo:
    """Return the zone with exactly this IANA name. Raises ValueError, with the nearest names, when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder such as "America"
        raise _unknown(name) from None


def is_zone(name: str) -> bool:
    """Whether this is an IANA zone that we know; a platform may name a newer one."""
    try:
        return bool(name) and bool(zone_named(name))
    except ValueError:
        return False


def learning_day(at: datetime, zone: ZoneInfo | str) -> date:
    """Return the learning day of an instant: the local date, where the day rolls over at 04:00.

    Raises:
        ValueError: `at` is naive, or `zone` unknown.
    """
    local = _utc(at).astimezone(zone_named(zone) if isinstance(zone, str) else zone)
    return local.date() - timedelta(days=local.time() < ROLLOVER)


def next_slot(habits: Habits, after: datetime) -> datetime:
    """Return the first slot strictly later than `after`, as aware UTC.

    A slot is the preferred time on an allowed day. One inside quiet hours moves to their end, which may be on the next
    day, allowed or not: the learner asked for that day's quiz, and is not to miss it. A slot never comes twice.
    """
    zone = zone_named(habits.zone)
    start = _utc(after)
    today = start.astimezone(zone).date()
    days = (today + timedelta(days=n) for n in count(-1))  # yesterday's slot may have moved past `after`
    slots = (first_allowed(habits, _instant(zone, day, habits.at)) for day in days if day.weekday() in habits.days)
    return next(slot for slot in slots if slot > start)


def first_allowed(habits: Habits, at: datetime) -> datetime:
    """Return the earliest instant, aware UTC, that is not before `at` and outside quiet hours.

    Where the clocks go back inside them, quiet hours last from the first showing of their beginning to the last showing
    of their end.
    """
    moment = _utc(at)
    if habits.quiet_from is None or habits.quiet_to is None:
        return moment
    zone = zone_named(habits.zone)
    today = moment.astimezone(zone).date()
    overnight = timedelta(days=habits.quiet_to < habits.quiet_from)
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
        if _instant(zone, day, habits.quiet_from) > moment:
            break
        moment = max(moment, _instant(zone, day + overnight, habits.quiet_to, last=True))
    return moment


def evening(habits: Habits, now: datetime) -> datetime:
    """Return when to ask again "this evening", aware UTC: 19:00 local or two hours on, the later; not in quiet."""
    zone, start = zone_named(habits.zone), _utc(now)
    seven = _instant(zone, start.astimezone(zone).date(), EVENING)
    return first_allowed(habits, max(seven, start + timedelta(hours=2)))


def tomorrow(habits: Habits, now: datetime) -> datetime:
    """Return the first slot, aware UTC, of the next learning days; at 01:00 "tomorrow" is after this night's sleep."""
    zone = zone_named(habits.zone)
    start = _instant(zone, learning_day(now, zone) + timedelta(days=1), ROLLOVER)
    return next_slot(habits, start - timedelta(microseconds=1))


def parse_time(text: str) -> time:
    """Read a time of day as people type it: "9", "9:00", "21.30", "9am", "9 pm", "noon", "midnight".

    Raises:
        ValueError: anything else; nothing is guessed.
    """
    plain = _fold(text).removeprefix("at ").strip()
    if plain in _NAMED_TIMES:
        return _NAMED_TIMES[plain]
    if found := _TIME.fullmatch(plain):
        hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
        if half and 1 <= hour <= 12:
            hour = hour % 12 + 12 * (half == "p")
        elif half:
            hour = 24  # "21 pm", "0 am": refused below
        if hour < 24 and minute < 60:
            return time(hour, minute)
    raise ValueError(f"“{text[:60]}” is not a time of day I can read: write it like 9:00, 21:30 or 9 pm")


def parse_days(text: str) -> frozenset[int]:
    """Read weekdays as people type them: "mon wed fri", "weekdays", "every day", "weekends", "mon-thu and sat".

    Returns the weekdays, 0 Monday .. 6 Sunday. Raises ValueError on any word that is not understood, and on none.
    """
    plain = re.sub(r"\s*[-–]\s*|\s(?:to|through|until)\s", "-", _fold(text)).replace("week day", "weekday").strip(".!")
    if plain in _EVERY_DAY_PHRASES:
        return EVERY_DAY
    days: set[int] = set()
    for word in re.split(r"[\s,;&+/]+", plain):
        if word in _DAY_GROUPS:
            days |= _DAY_GROUPS[word]
        else:
            first, *rest = (_weekday(part, text) for part in word.split("-", 1))
            last = rest[0] if rest else first
            days |= {(first + n) % 7 for n in range((last - first) % 7 + 1)}
    if not days:
        raise ValueError(f"“{text[:60]}” names no day: write it like mon wed fri, weekdays or every day")
    return frozenset(days)


def find_zone(text: str) -> str:
    """Find the IANA zone a learner means: "berlin", "New York", "São Paulo", "utc", "GMT+2", "Paris, France", "PST".

    Raises:
        ValueError: no such zone, with the nearest names.
    """
    if found := _OFFSET.fullmatch(_fold(text)):
        minutes = int(f"{found['sign']}1") * (int(found["hours"]) * 60 + int(found["minutes"] or 0))
        if minutes in _BY_OFFSET:
            return _BY_OFFSET[minutes]
        raise ValueError(f"no time zone is at “{text[:60]}” all year: try a large city")
    names, plain = _names(), _key(text)
    for candidate in (plain, plain.split(",")[0], plain.removesuffix(" time")):
        if candidate in names:
            return names[candidate]
    raise _unknown(text)


def zone_from_local_time(now_utc: datetime, local: time) -> str:
    """Guess a zone from the time that a learner's clock shows: the nearest offset in use, as `Etc/GMT-2` for UTC+2.

    Whole hours give a fixed-offset zone, others a well-known zone that has that offset now. Fixed zones follow no
    clock change, so that this is a stopgap until the learner names a city. A clock 10 to 12 h behind is also one 12 to
    14 h ahead: read as Hawaii (-10), else as ahead (New Zealand rather than American Samoa).

    Raises:
        ValueError: `now_utc` is naive.
    """
    now = _utc(now_utc)
    shown = (local.hour - now.hour) * 60 + local.minute - now.minute
    offset = (shown + 607) % 1440 - 607  # 7 minutes of leeway: a clock just behind Hawaii's is not Kiribati's

    def distance(name: str) -> tuple[int, bool]:
        minutes = _offset(zone_named(name), now) // 60
        # A quarter-hour zone (Nepal) must fit closely: rounding a neighbour's clock would land there too often.
        return abs(minutes - offset) + 5 * (minutes % 30 != 0), not name.startswith(("UTC", "Etc/"))

    return min([*_BY_OFFSET.values(), "Australia/Adelaide"], key=distance)  # Adelaide: +10:30, in summer


def _instant(zone: ZoneInfo, day: date, at: time, *, last: bool = False) -> datetime:
    """The UTC instant of a local time: its first (or last) showing, or the first instant after the gap over it."""
    wall = datetime.combine(day, at, tzinfo=zone).replace(fold=int(last))
    instant = wall.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return instant
    # In a gap, fold=1 reads the time with the offset after it, which lands before it; fold=0 the other way round.
    low = floor(wall.replace(fold=1).timestamp())
    high = ceil(wall.replace(fold=0).timestamp())
    after = _offset(zone, datetime.fromtimestamp(high, UTC))
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == after:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    """Seconds that `zone` is ahead of UTC at an aware instant."""
    return round((at.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def _utc(at: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError on a naive datetime, which names none."""
    if at.utcoffset() is None:
        raise ValueError(f"{at.isoformat()} has no time zone: pass an aware datetime")
    return at.astimezone(UTC)


def _fold(text: str) -> str:
    """Text without accents, case and doubled spaces, and with plain digits and minus signs."""
    plain = unicodedata.normalize("NFKD", text.replace("\u2212", "-")).casefold()
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def _key(name: str) -> str:
    return re.sub(r"[\s_-]+", " ", _fold(name))


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Everything a zone may be called -> its IANA name. A file per zone is opened for it, hence the cache."""
    known = sorted(available_timezones(), key=lambda name: (-name.count("/"), name))
    cities = {_key(name.rpartition("/")[2]): name for name in known if "/" in name and not name.startswith("Etc/")}
    aliases = {alias: zone for zone, names in _ALIASES.items() for alias in names.split("|")}
    return {_key(name): name for name in known} | cities | aliases


def _weekday(word: str, text: str) -> int:
    stem = word.strip(".").removesuffix("s")
    for number, name in enumerate(DAY_NAMES):
        if len(stem) >= 2 and name.startswith(stem):
            return number
    near = _did_you_mean(get_close_matches(word[:20], DAY_NAMES, n=1))
    raise ValueError(f"“{word[:20]}” in “{text[:60]}” is no day of the week{near}")


def _unknown(name: str) -> ValueError:
    names = _names()
    near = [names[match] for match in get_close_matches(_key(name[:60]), names, n=3, cutoff=0.7)]
    return ValueError(f"no time zone is called “{name[:60]}”" + (_did_you_mean(near) or ": try a large city, or GMT+2"))


def _did_you_mean(near: Iterable[str]) -> str:
    return f": did you mean {names}?" if (names := " or ".join(dict.fromkeys(near))) else ""
