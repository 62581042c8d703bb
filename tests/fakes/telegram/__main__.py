"""`make fake-telegram`: a Telegram of one's own, with a page to chat through."""

from __future__ import annotations

import argparse
import asyncio
import time

from tests.fakes.telegram.page import ChatPage
from tests.fakes.telegram.server import FakeTelegram


async def serve(port: int) -> None:
    """Serve until interrupted."""
    fake = FakeTelegram(burst=3, local=True)
    fake.number_from(int(time.time()))  # a database that outlives this process must not meet old numbers again
    you = fake.person("You", id=1001)
    group = fake.group("Team", [you])
    page = ChatPage(fake, you, [group])
    await fake.start(port, page.routes())
    base = fake.url.removesuffix("/bot")
    print(f"Telegram, here: chat at {base}/  (Ctrl-C ends it)\n\nIn another terminal:\n")
    print(f"  export TUTOR_TELEGRAM_TOKEN={fake.token}")
    print(f"  export TUTOR_TELEGRAM_API_URL={fake.url}\n", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        await fake.stop()


def main() -> None:
    """Read the port, and serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    try:
        asyncio.run(serve(parser.parse_args().port))
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
