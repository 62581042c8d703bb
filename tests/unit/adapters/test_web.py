"""The web application: what an operator's tools ask, and what a stranger learns of a fault."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.web import health
from adapters.web.serving import application, bind
from knowledge.errors import SettingsError
from tests.ports import free_port


def asking(*routes: Route) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(application(routes), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://tutor")


async def fine() -> str:
    return "53 topics"


async def broken() -> str:
    raise OSError("postgresql://tutor:hunter22@db/tutor refused")


async def silent() -> str:
    await asyncio.Event().wait()
    return ""


async def test_all_is_well() -> None:
    async with asking(*health.routes({"knowledge": fine})) as tutor:
        assert (await tutor.get("/livez")).text == "ok\n"
        assert (await tutor.get("/readyz")).status_code == 200
        assert (await tutor.get("/healthz")).json() == {
            "ok": True,
            "checks": {"knowledge": {"ok": True, "is": "53 topics"}},
        }


async def test_what_is_wrong_is_named_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "PATIENCE", 0.05)
    async with asking(*health.routes({"knowledge": fine, "database": broken, "queue": silent})) as tutor:
        assert (await tutor.get("/livez")).status_code == 200, "a restart would not help"
        ready = await tutor.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "not ready: database, queue\n")
        told = await tutor.get("/healthz")
        assert told.status_code == 503
        assert told.json()["checks"]["database"] == {"ok": False, "is": "OSError"}
        assert "hunter22" not in ready.text + told.text


async def test_a_fault_of_ours_says_nothing_of_what_was_inside() -> None:
    async def fails(_: Request) -> Response:
        raise ValueError("what a learner wrote")

    async with asking(Route("/", fails)) as tutor:
        answer = await tutor.get("/")
    assert answer.status_code == 500
    assert "learner" not in answer.text


def test_a_port_that_is_taken_is_a_line_that_says_what_to_do() -> None:
    port = free_port()
    with bind("127.0.0.1", port), pytest.raises(SettingsError, match=rf"TUTOR_PORT.*{port}"):
        bind("127.0.0.1", port)
