"""The limiter: nothing faster than the platform allows, nothing slower than it must be, and honest plans."""

from __future__ import annotations

import heapq

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.limits import Limiter, Limits, Rate
from bot.messages import Address

WITHIN = 5.0
TELEGRAM = Limits(overall=Rate(30, 1, burst=5), chat=Rate(1, 1), group=Rate(20, 60, burst=5))


def chat(name: str, workspace: str = "") -> Address:
    return Address("telegram", workspace, name)


def send_all(limiter: Limiter, to: list[Address], start: float = 0.0) -> list[tuple[float, Address]]:
    """Send to each address in turn as soon as it may go, as the outbox's lanes do; returns (instant, address)."""
    waiting = [(start, n, address) for n, address in enumerate(to)]
    heapq.heapify(waiting)
    planned: set[int] = set()
    sent: list[tuple[float, Address]] = []
    while waiting:
        now, n, address = heapq.heappop(waiting)
        wait = 0.0
        if n not in planned:
            wait = limiter.plan(address, now)
            if wait == 0.0:
                planned.add(n)
        if wait == 0.0:
            wait = limiter.take(address, now)
            if wait == 0.0:
                limiter.end(address, now)
                sent.append((now, address))
                continue
        heapq.heappush(waiting, (now + wait, n, address))
    return sent


def most_in_any(seconds: float, times: list[float]) -> int:
    """The most instants in any half-open window of so many seconds."""
    times = sorted(times)
    return max(sum(start <= t < start + seconds - 1e-6 for t in times) for start in times)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(1, 12), seconds=st.floats(0.1, 60.0), burst=st.integers(1, 12), messages=st.integers(1, 40))
def test_never_more_than_count_in_any_window(count: int, seconds: float, burst: int, messages: int) -> None:
    rate = Rate(count, seconds, burst=min(burst, count))
    times = [t for t, _ in send_all(Limiter(Limits(overall=rate), seconds * 50), [chat("1")] * messages)]
    assert len(times) == messages
    assert most_in_any(seconds, times) <= count


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 8),
    burst=st.integers(1, 8),
    stalls=st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 1.0)), min_size=2, max_size=40),
)
def test_never_more_arrive_in_any_window_however_sends_stall(
    count: int, burst: int, stalls: list[tuple[float, float]]
) -> None:
    """Each send takes a while, and arrives somewhere on the way."""
    limiter = Limiter(Limits(overall=Rate(count, 1.0, burst=min(burst, count))), 1e6)
    ends: list[float] = []
    arrivals: list[float] = []
    now = 0.0
    for takes, share in stalls:
        limiter.plan(chat("1"), now)
        while True:
            while ends and ends[0] <= now:
                limiter.end(chat("1"), heapq.heappop(ends))
            wait = limiter.take(chat("1"), now)
            if wait == 0.0:
                break
            now += wait
        heapq.heappush(ends, now + takes)
        arrivals.append(now + takes * share)
    assert most_in_any(1.0, arrivals) <= count


def test_an_edit_adds_nothing_to_its_chat() -> None:
    limiter = Limiter(TELEGRAM, WITHIN)
    for edit in (False, True, True):
        assert limiter.plan(chat("1"), 0.0, edit=edit) == limiter.take(chat("1"), 0.0, edit=edit) == 0.0
        limiter.end(chat("1"), 0.0, edit=edit)
    assert limiter.wait(chat("1"), 0.0) == pytest.approx(1.0)
    assert limiter.wait(chat("1"), 0.0, edit=True) == 0.0


def test_one_a_second_in_a_chat_and_thirty_a_second_overall() -> None:
    limiter = Limiter(TELEGRAM, WITHIN)
    sent = send_all(limiter, [chat(str(n % 200)) for n in range(400)])
    times = [t for t, _ in sent]
    assert most_in_any(1.0, times) <= 30
    for n in range(200):
        own = [t for t, a in sent if a.chat == str(n)]
        assert own[1] - own[0] >= 1.0 - 1e-6
    assert max(times) < 400 / 26 + 1, "26 a second go on after the burst"


def test_a_group_gets_twenty_a_minute() -> None:
    times = [t for t, _ in send_all(Limiter(TELEGRAM, WITHIN), [chat("-100")] * 60)]
    assert most_in_any(60.0, times) <= 20
    assert max(times) < 60 / 16 * 60 + 1


def test_workspaces_do_not_share_their_limit() -> None:
    limiter = Limiter(Limits(workspace=Rate(2, 1)), WITHIN)
    sent = send_all(limiter, [chat("C1", "T1")] * 6 + [chat("C1", "T2")] * 6)
    for workspace in ("T1", "T2"):
        times = [t for t, a in sent if a.workspace == workspace]
        assert most_in_any(1.0, times) <= 2
        assert max(times) < 3.0


def test_plans_never_exceed_what_is_released_in_time() -> None:
    limiter = Limiter(TELEGRAM, WITHIN)
    room = limiter.room(0.0)
    assert room == 5 + 26 * 5
    planned = [n for n in range(400) if limiter.plan(chat(str(n)), 0.0) == 0.0]
    assert len(planned) == room
    assert limiter.room(0.0) == 0
    last = 0.0
    for n in planned:
        while wait := limiter.take(chat(str(n)), last):
            last += wait
        limiter.end(chat(str(n)), last)
    assert last <= WITHIN + 1e-6, "all that was planned went out in time"


def test_a_full_plan_says_when_to_ask_again() -> None:
    limiter = Limiter(Limits(group=Rate(20, 60, burst=5)), WITHIN)
    group = chat("-1")
    planned = 0
    while (wait := limiter.plan(group, 0.0)) == 0.0:
        planned += 1
    assert planned == 6, "five at once, one more within five seconds"
    while limiter.take(group, 0.0) == 0.0:
        limiter.end(group, 0.0)
    assert limiter.plan(group, wait - 0.01) > 0.0
    assert limiter.plan(group, wait + 0.01) == 0.0


def test_dropped_plans_leave_room() -> None:
    limiter = Limiter(Limits(overall=Rate(1, 10)), WITHIN)
    assert limiter.plan(chat("1"), 0.0) == 0.0
    assert limiter.plan(chat("2"), 0.0) > 0.0
    limiter.drop(chat("1"), 0.0)
    assert limiter.plan(chat("2"), 0.0) == 0.0


def test_a_chat_waits_for_itself_alone() -> None:
    limiter = Limiter(TELEGRAM, WITHIN)
    for n in range(30):
        limiter.plan(chat(str(n)), 0.0)
        if limiter.take(chat(str(n)), 0.0) == 0.0:
            limiter.end(chat(str(n)), 0.0)
    assert limiter.wait(chat("0"), 0.0) == pytest.approx(1.0)
    assert limiter.wait(chat("99"), 0.0) == 0.0


def test_no_limits_no_waits() -> None:
    limiter = Limiter(Limits(), WITHIN)
    assert limiter.room(0.0) is None
    assert limiter.plan(chat("1"), 0.0) == limiter.wait(chat("1"), 0.0) == limiter.take(chat("1"), 0.0) == 0.0


def test_idle_buckets_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.limits._EVICT_AT", 100)
    limiter = Limiter(TELEGRAM, WITHIN)
    for n in range(1_000):
        now = float(n)
        assert limiter.plan(chat(str(n)), now) == limiter.take(chat(str(n)), now) == 0.0
        limiter.end(chat(str(n)), now)
    assert len(limiter._buckets) <= 110


@pytest.mark.parametrize(("count", "seconds", "burst"), [(0, 1, 1), (1, 0, 1), (3, 1, 4), (3, 1, 0)])
def test_a_senseless_rate_is_refused(count: int, seconds: float, burst: int) -> None:
    with pytest.raises(ValueError, match="a rate needs"):
        Rate(count, seconds, burst)
