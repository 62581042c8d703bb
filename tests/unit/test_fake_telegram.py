"""The local Bot API server, driven by the real library: what it shows, delivers and fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageEntity,
)
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TimedOut

from tests.fakes.senders import Clock
from tests.fakes.telegram import FakeTelegram, Person, fake_telegram, faults

pytestmark = pytest.mark.breaks_rules

logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture(autouse=True)
def _retry_after_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")  # the library warns of every RetryAfter without it


@pytest.fixture
async def fake() -> AsyncIterator[FakeTelegram]:
    async with fake_telegram(clock=Clock(), rates=False) as fake:
        yield fake


@pytest.fixture
async def bot(fake: FakeTelegram) -> AsyncIterator[Bot]:
    async with Bot(fake.token, base_url=fake.url, base_file_url=fake.file_url) as bot:
        yield bot


@pytest.fixture
def ann(fake: FakeTelegram) -> Person:
    ann = fake.person("Ann")
    ann.start()
    return ann


def keyboard(*labels: str, row: int = 1) -> InlineKeyboardMarkup:
    buttons = [InlineKeyboardButton(label, callback_data=f"do {label}"[:64]) for label in labels]
    return InlineKeyboardMarkup([buttons[n : n + row] for n in range(0, len(buttons), row)])


async def test_a_message_is_seen_edited_and_deleted(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    sent = await bot.send_message(
        ann.id, "Hello 🙂 bold", entities=[MessageEntity("bold", 9, 4)], reply_markup=keyboard("Yes", "No", row=2)
    )
    assert isinstance(sent, Message)
    assert sent.chat.first_name == "Ann"
    (seen,) = fake.replies(ann)
    assert (seen.text, seen.labels, seen.entities[0].text) == ("Hello 🙂 bold", ["Yes", "No"], "bold")
    await bot.edit_message_text("Settled", ann.id, sent.message_id)
    (seen,) = fake.replies(ann)
    assert (seen.text, seen.labels, seen.edited, seen.id) == ("Settled", [], True, sent.message_id)
    await bot.delete_message(ann.id, sent.message_id)
    assert fake.replies(ann) == []
    assert [one.sender for one in fake.screen(ann)] == ["Ann"]
    assert fake.refused == []


async def test_what_a_person_does_becomes_an_update(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    said = ann.say("what is a mutex?")
    ann.edit(said, "what is a mutex")
    ann.sticker()
    ann.photo("look")
    ann.voice()
    ann.say("from elsewhere", forwarded=True)
    updates = await bot.get_updates()
    assert [u.update_id for u in updates] == list(range(updates[0].update_id, updates[0].update_id + 7))
    start, text, edited, sticker, photo, voice, forwarded = updates
    assert start.message
    assert start.message.entities[0].type == "bot_command"
    assert text.message
    assert text.message.from_user
    assert (text.message.text, text.message.from_user.language_code) == ("what is a mutex?", "en")
    assert edited.edited_message
    assert edited.edited_message.text == "what is a mutex"
    assert sticker.message
    assert sticker.message.sticker
    assert photo.message
    assert (photo.message.caption, len(photo.message.photo)) == ("look", 1)
    assert voice.message
    assert voice.message.voice
    assert forwarded.message
    assert forwarded.message.forward_origin


async def test_a_press_and_its_toast(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    sent = await bot.send_message(ann.id, "Sure?", reply_markup=keyboard("Yes", "No"))
    press = ann.press("^Yes")
    query = (await bot.get_updates(offset=-1))[0].callback_query
    assert query
    assert query.message
    assert (query.data, query.message.message_id) == ("do Yes", sent.message_id)
    await query.answer("Done")
    assert await press.answered() == "Done"
    with pytest.raises(AssertionError, match="no button 'Maybe'"):
        ann.press("Maybe")
    assert isinstance(fake.clock, Clock)
    late = ann.press("No")
    fake.clock.advance(61)
    with pytest.raises(BadRequest, match=r"Query is too old and response timeout expired or query id is invalid"):
        await bot.answer_callback_query(late.id)
    assert fake.refused == []


async def test_links_to_the_bot_are_followed(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    link = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Settings", url=f"https://t.me/{fake.username}?start=do_settings")]]
    )
    await bot.send_message(ann.id, "Alone?", reply_markup=link)
    ann.follow("Settings")
    assert fake.screen(ann)[-1].text == "/start do_settings"
    bad_link = InlineKeyboardMarkup([[InlineKeyboardButton("x", url=f"https://t.me/{fake.username}?start={'a' * 65}")]])
    with pytest.raises(BadRequest, match="start parameter"):
        await bot.send_message(ann.id, "No", reply_markup=bad_link)


async def test_who_cannot_be_written_to(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    stranger, met = fake.person("Stranger"), fake.person("Met")
    old = fake.group("Team", [ann, met], supergroup=False)
    for chat, error, reason in [(4711, BadRequest, "Chat not found"), (stranger.id, BadRequest, "Chat not found")]:
        with pytest.raises(error, match=reason):
            await bot.send_message(chat, "hi")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(met.id, "hi")
    assert len(fake.refused) == 3
    ann.block()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(ann.id, "hi")
    ann.unblock()
    await bot.send_message(ann.id, "hi")
    ann.deactivate()
    with pytest.raises(Forbidden, match="user is deactivated"):
        await bot.send_message(ann.id, "hi")
    new = fake.migrate(old)
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(old.id, "hi")
    assert moved.value.new_chat_id == new.id
    fake.kick(new)
    with pytest.raises(Forbidden, match="bot was kicked from the supergroup chat"):
        await bot.send_message(new.id, "hi")
    assert len(fake.refused) == 3  # those that nobody could know do not count


async def test_groups_in_privacy_mode(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    group = fake.group("Team", [ann], forum=True)
    thread = fake.topic(group, "Databases")
    assert ann.say("chatter", group).withheld
    assert ann.say("mail to @tutor_botany", group).withheld
    assert ann.say("/quiz@other_bot", group).withheld
    for text in ("/quiz", "/quiz@Tutor_Bot 5", "hey @tutor_bot what is a lock?"):
        assert not ann.say(text, group, thread=thread).withheld
    await bot.send_message(group.id, "Here", message_thread_id=thread)
    (reply,) = fake.replies(group, thread=thread)
    assert not ann.say("thanks", group, reply_to=reply).withheld
    updates = [u for u in await bot.get_updates() if u.message and u.message.text and u.message.chat.id == group.id]
    assert [u.message.text for u in updates if u.message][-1] == "thanks"
    assert updates[0].message
    assert (updates[0].message.message_thread_id, updates[0].message.is_topic_message) == (thread, True)


async def test_files_go_up_and_down(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    sent = await bot.send_document(ann.id, b'{"a": 1}', filename="export.json", caption="Yours")
    (seen,) = fake.replies(ann)
    assert seen.document
    assert (seen.document.name, seen.document.data, seen.text) == ("export.json", b'{"a": 1}', "Yours")
    assert sent.document
    file = await bot.get_file(sent.document.file_id)
    assert bytes(await file.download_as_bytearray()) == b'{"a": 1}'
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.send_document(ann.id, b"x", caption="c" * 1025)
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(ann.id, b"no picture")


async def test_faults_are_worded_as_the_real_ones(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    expected: list[tuple[faults.Fault | str, type[Exception], str]] = [
        (faults.too_many(7), RetryAfter, "Retry in 0:00:07"),
        ("500", NetworkError, "Internal Server Error"),
        ("bad gateway", NetworkError, "Bad Gateway"),
        ("drop", NetworkError, "httpx"),
        ("blocked", Forbidden, "bot was blocked by the user"),
        ("not modified", BadRequest, "Message is not modified"),
        (faults.migrated(-100), ChatMigrated, "New chat id: -100"),
        ("unauthorized", InvalidToken, "Unauthorized"),
    ]
    for fault, error, words in expected:
        fake.fail("sendMessage", fault, chat=ann)
        with pytest.raises(error, match=words):
            await bot.send_message(ann.id, "hi")
    assert fake.replies(ann) == []
    fake.fail("sendMessage", "drop after")
    with pytest.raises(NetworkError):
        await bot.send_message(ann.id, "twice?")
    fake.fail("sendMessage", faults.hang(9, after=True))
    with pytest.raises(TimedOut):
        await bot.send_message(ann.id, "slow", read_timeout=0.2)
    assert [one.text for one in fake.replies(ann)] == ["twice?", "slow"]
    assert [call.outcome for call in fake.calls if call.method == "sendMessage"] == ["fault"] * 10


async def test_rates_on_the_fake_s_own_clock() -> None:
    clock = Clock()
    async with fake_telegram(clock=clock) as fake, Bot(fake.token, base_url=fake.url) as bot:
        people = [fake.person(f"P{n}") for n in range(31)]
        for person in people:
            person.start()
        await bot.send_message(people[0].id, "one")
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(people[0].id, "two")
        assert told.value.retry_after == timedelta(seconds=1)
        assert (len(fake.refused), len(fake.impatient)) == (1, 0)
        clock.advance(0.5)
        with pytest.raises(RetryAfter):
            await bot.send_message(people[0].id, "sooner than told")
        assert len(fake.impatient) == 1
        clock.advance(1.0)
        for person in people[:30]:
            await bot.send_message(person.id, "all at once")
        with pytest.raises(RetryAfter):
            await bot.send_message(people[30].id, "one too many")
        await bot.send_chat_action(people[30].id, "typing")  # no message
        group = fake.group("Team", people[:1])
        for _ in range(20):
            clock.advance(1.0)
            await bot.send_message(group.id, "hello")
        clock.advance(1.0)
        with pytest.raises(RetryAfter) as told:
            await bot.send_message(group.id, "21 in a minute")
        assert told.value.retry_after == timedelta(seconds=40)
        assert fake.typing[0][:2] == (people[30].id, "typing")


async def test_what_is_too_fast_may_only_be_recorded(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    await asyncio.gather(*(bot.send_message(ann.id, f"n {n}") for n in range(3)))
    assert (len(fake.replies(ann)), len(fake.too_fast), fake.refused) == (3, 2, [])


async def test_the_edges_of_the_interface(fake: FakeTelegram, bot: Bot, ann: Person) -> None:
    base = fake.url + fake.token
    async with httpx.AsyncClient() as http:
        assert (await http.get(f"{base}/GETME")).json()["result"]["username"] == fake.username
        unknown = await http.get(f"{base}/noSuchMethod")
        assert (unknown.status_code, unknown.json()["ok"]) == (404, False)
        assert (await http.get(f"{fake.url}1234567:{'x' * 35}/getMe")).status_code == 401
        assert (await http.get(f"{fake.url}nonsense/getMe")).status_code == 404
        as_json = await http.post(f"{base}/sendMessage", json={"chat_id": ann.id, "text": "as JSON"})
        assert as_json.json()["result"]["text"] == "as JSON"
        as_query = await http.get(f"{base}/sendMessage", params={"chat_id": ann.id, "text": "as query"})
        assert as_query.status_code == 200
        broken = await http.post(f"{base}/sendMessage", data={"chat_id": ann.id, "text": "x", "entities": "[{"})
        assert broken.json()["description"] == "Bad Request: can't parse entities JSON object"
        half = await http.post(
            f"{base}/sendMessage",
            content=b'{"chat_id": %d, "text": "\\ud83d"}' % ann.id,
            headers={"Content-Type": "application/json"},
        )
        assert half.json()["description"] == "Bad Request: strings must be encoded in UTF-8"
