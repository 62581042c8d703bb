"""A local server that speaks Slack: Web API, Socket Mode, signed deliveries, response URLs and OAuth.

    async with fake_slack() as fake:
        ann = fake.person("Ann", tz="Europe/Berlin")
        general = fake.channel("general", members=[ann], bot_in=True)
        fake.request_url = "http://127.0.0.1:8080/slack/events"   # without a socket connected, deliveries go here
        ack = await ann.say("hello")                               # in the direct messages
        await fake.settled(lambda: "Hi" in fake.texts(ann)[-1])
        await ann.press("Quiz me")
        assert not fake.refused

The rules it enforces are its own constants, from Slack's documents: nothing is shared with the adapters it tests.
"""

from tests.fakes.slack.fake import FakeSlack, fake_slack
from tests.fakes.slack.people import Person
from tests.fakes.slack.screen import buttons, plain
from tests.fakes.slack.state import Call, Channel, Delivery, Message, Upload, Workspace

__all__ = [
    "Call",
    "Channel",
    "Delivery",
    "FakeSlack",
    "Message",
    "Person",
    "Upload",
    "Workspace",
    "buttons",
    "fake_slack",
    "plain",
]
