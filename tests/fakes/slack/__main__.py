"""`make fake-slack`: a Slack of one's own, with a page to chat through."""

from __future__ import annotations

import argparse
import asyncio
import time

from tests.fakes.slack.fake import fake_slack
from tests.fakes.slack.page import ChatPage
from tests.fakes.slack.state import number_from


async def serve(port: int, request_url: str) -> None:
    """Serve until interrupted."""
    page = ChatPage()
    async with fake_slack(port=port, rates="record", routes=page.routes()) as fake:
        you = fake.person("You", tz="Europe/London")
        fake.channel("team", [you])
        fake.channel("elsewhere", [you], bot_in=False)
        fake.visitor = you
        fake.request_url = request_url
        page.shows(fake, you)
        number_from(int(time.time()))  # a database that outlives this process must not meet old numbers again
        print(f"Slack, here: chat at {fake.root}/  (Ctrl-C ends it)\n\nIn another terminal:\n")
        print(f"  export TUTOR_SLACK_API_URL={fake.url}")
        print(f"  export TUTOR_SLACK_BOT_TOKEN={fake.bot_token}")
        if request_url:
            print(f"  export TUTOR_SLACK_SIGNING_SECRET={fake.signing_secret}\n\nDelivered to {request_url}.\n")
        else:
            print(f"  export TUTOR_SLACK_APP_TOKEN={fake.app_token}")
            print(
                f"\nBy HTTP instead: --request-url http://127.0.0.1:8080/slack/events and\n"
                f"  export TUTOR_SLACK_SIGNING_SECRET={fake.signing_secret}\n",
                flush=True,
            )
        await asyncio.Event().wait()


def main() -> None:
    """Read the port, and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--request-url", default="", help="where to deliver while no socket is connected")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.port, given.request_url))
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
