"""How the local Bot API server delivers updates: long polling, webhook, duplicates, late ones and conflicts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, Conflict

from tests.fakes.telegram import FakeTelegram, Person, fake_telegram

pytestmark = pytest.mark.breaks_rules


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(local=True) as fake:
        fake.queue.retry = 0.02
        yield fake


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    async with Bot(fake.token, base_url=fake.url) as bot:
        yield bot


@pytest.fixture
def ann(fake: FakeTelegram) -> Person:
    ann = fake.person("Ann")
    ann.start()
    return ann


def texts(updates: tuple[Update, ...]) -> list[str | None]:
    return [update.message.text for update in updates if update.message]


@dataclass
class Hook:
    """A bot's side of a webhook: what came, and what it answers (a status for each post; 200 after the last)."""

    url: str = ""
    came: list[tuple[str, str]] = field(default_factory=list)  # text, secret
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    at: list[float] = field(default_factory=list)


@asynccontextmanager
async def listening(change: Callable[[Hook], None] = lambda hook: None) -> AsyncIterator[Hook]:
    hook = Hook()
    change(hook)

    async def post(request: web.Request) -> web.Response:
        body = json.loads(await request.text())
        text = body.get("message", {}).get("text", "")
        hook.came.append((text, request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")))
        hook.at.append(asyncio.get_running_loop().time())
        status = hook.statuses.pop(0) if hook.statuses else 200
        return web.Response(status=status, headers=hook.headers if status != 200 else {})

    app = web.Application()
    app.router.add_post("/hook", post)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hook.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    try:
        yield hook
    finally:
        await runner.cleanup()


async def test_an_offset_confirms_and_nothing_else_does(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    ann.say("one")
    first = await bot.get_updates(limit=1)
    again = await bot.get_updates()
    assert (texts(first), texts(again)) == (["/start"], ["/start", "one"])
    assert texts(await bot.get_updates(offset=again[0].update_id + 1)) == ["one"]
    assert await bot.get_updates(offset=again[1].update_id + 1) == ()
    await fake.delivered()
    assert fake.updates[1].confirmed
    assert len(fake.updates[1].deliveries) == 2


async def test_a_long_poll_waits_for_news(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    last = (await bot.get_updates())[-1].update_id
    poll = asyncio.create_task(bot.get_updates(offset=last + 1, timeout=5))
    await asyncio.sleep(0.1)
    assert not poll.done()
    ann.say("news")
    assert texts(await asyncio.wait_for(poll, 1)) == ["news"]


async def test_two_pollers_disturb_each_other(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    last = (await bot.get_updates())[-1].update_id
    first = asyncio.create_task(bot.get_updates(offset=last + 1, timeout=5))
    await asyncio.sleep(0.1)
    async with Bot(fake.token, base_url=fake.url) as other:
        second = asyncio.create_task(other.get_updates(offset=last + 1, timeout=5))
        with pytest.raises(Conflict, match="terminated by other getUpdates request"):
            await first
        ann.say("for the second")
        assert texts(await second) == ["for the second"]


async def test_a_poller_that_is_gone_disturbs_nobody(fake: FakeTelegram, ann: Person) -> None:
    async with Bot(fake.token, base_url=fake.url) as bot:
        last = (await bot.get_updates())[-1].update_id
        poll = asyncio.create_task(bot.get_updates(offset=last + 1, timeout=5))
        await asyncio.sleep(0.1)
        poll.cancel()
    async with Bot(fake.token, base_url=fake.url) as bot:
        ann.say("hello?")
        assert texts(await bot.get_updates(offset=last + 1, timeout=5)) == ["hello?"]


async def test_kinds_that_are_not_wanted_stay_away(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    await bot.get_updates(allowed_updates=["callback_query"])
    assert ann.say("unheard").withheld
    await bot.get_updates(allowed_updates=[])
    assert not ann.say("heard").withheld
    assert texts(await bot.get_updates()) == ["/start", "heard"]


async def test_duplicates_and_late_ones(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    fake.hold()
    one, two = ann.say("one"), ann.say("two")
    fake.release(reversed)
    updates = await bot.get_updates()
    assert texts(updates) == ["/start", "two", "one"]
    await bot.get_updates(offset=two.id + 1)
    fake.redeliver(one)
    again = await bot.get_updates(offset=two.id + 1)
    assert [update.update_id for update in again] == [one.id]


async def test_a_webhook_is_tried_until_it_takes_the_update(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    async with listening(lambda hook: hook.statuses.extend([500, 503])) as hook:
        await bot.set_webhook(hook.url, secret_token="s3cret")
        ann.say("second")  # the same chat: behind the first until that was taken
        await fake.delivered()
        assert hook.came == [("/start", "s3cret")] * 3 + [("second", "s3cret")]
        info = await bot.get_webhook_info()
        assert (info.url, info.pending_update_count) == (hook.url, 0)
        assert info.last_error_message == "Wrong response from the webhook: 503"
        fake.redeliver(fake.updates[-1])
        await fake.delivered()
        assert hook.came[-1] == ("second", "s3cret")
        with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
            await bot.get_updates()
        await bot.delete_webhook()
        ann.say("polled")
        assert texts(await bot.get_updates()) == ["polled"]
        assert len(hook.came) == 5


def _once_busy(hook: Hook) -> None:
    hook.statuses.append(503)
    hook.headers["Retry-After"] = "1"


async def test_retry_after_of_a_webhook_is_obeyed(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    async with listening(_once_busy) as hook:
        await bot.set_webhook(hook.url)
        await fake.delivered()
        assert 0.95 < hook.at[1] - hook.at[0] < 2


async def test_a_webhook_that_is_down_is_tried_later(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    async with listening() as hook:
        gone = hook.url
    await bot.set_webhook(gone)
    await asyncio.sleep(0.2)
    info = await bot.get_webhook_info()
    assert info.pending_update_count == 1
    assert info.last_error_message
    async with listening() as hook:
        await bot.set_webhook(hook.url)
        await fake.delivered()
        assert [text for text, _ in hook.came] == ["/start"]


async def test_public_webhooks_follow_the_rules() -> None:
    async with fake_telegram() as fake, Bot(fake.token, base_url=fake.url) as bot, listening() as hook:
        for url, reason in [
            ("http://tutor.example/hook", "HTTPS"),
            ("https://tutor.example:444/hook", "only on ports"),
        ]:
            with pytest.raises(BadRequest, match=f"(?i)Bad webhook: .*{reason}"):
                await bot.set_webhook(url)
        with pytest.raises(BadRequest, match="Secret token contains unallowed characters"):
            await bot.set_webhook("https://tutor.example/hook", secret_token="no good")
        fake.queue.reach["https://tutor.example"] = hook.url.removesuffix("/hook")
        await bot.set_webhook("https://tutor.example/hook")
        fake.person("Ann").start()
        await fake.delivered()
        assert [text for text, _ in hook.came] == ["/start"]


async def test_setting_a_webhook_ends_a_long_poll(fake: FakeTelegram, bot: Bot) -> None:
    async with listening() as hook:
        poll = asyncio.create_task(bot.get_updates(timeout=5))
        await asyncio.sleep(0.1)
        await bot.set_webhook(hook.url)
        with pytest.raises(Conflict, match="terminated by setWebhook request"):
            await poll


async def test_joining_leaving_and_blocking_are_told(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    group = fake.group("Team", [ann], supergroup=False)
    ann.block()
    ann.unblock()
    new = fake.migrate(group)
    fake.kick(new)
    updates = await bot.get_updates()
    changes = [
        (update.my_chat_member.chat.type, update.my_chat_member.new_chat_member.status)
        for update in updates
        if update.my_chat_member
    ]
    assert changes == [("group", "member"), ("private", "kicked"), ("private", "member"), ("supergroup", "kicked")]
    moved = [
        update.message.migrate_to_chat_id for update in updates if update.message and update.message.migrate_to_chat_id
    ]
    assert moved == [new.id]
