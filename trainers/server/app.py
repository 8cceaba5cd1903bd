"""The application: routes, and what happens to a request on its way."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from p2r_rewards import __version__
from p2r_rewards.errors import ConfigError
from p2r_rewards.rollouts.json_text import dump_json
from p2r_rewards.trainers.openrlhf import Unscored
from p2r_rewards.trainers.server.access import Access
from p2r_rewards.trainers.server.arriving import Discarding, check_head, read_body
from p2r_rewards.trainers.server.gate import Gate
from p2r_rewards.trainers.server.limits import ServerLimits
from p2r_rewards.trainers.server.metrics import CONTENT_TYPE, Metrics
from p2r_rewards.trainers.server.refusals import Refusal
from p2r_rewards.trainers.server.replies import write_result, write_rewards
from p2r_rewards.trainers.server.request_bodies import ReadBody, read_queries, read_samples
from p2r_rewards.trainers.server.scoring import Answer, Scorer, WriteReply

_LOG = logging.getLogger(__name__)

ENDPOINTS = ("/score", "/get_reward", "/health", "/metrics")


class RewardServer:
    """What the endpoints share.

    Args:
        scorer: Scores.
        limits: The bounds on requests.
        access: Who may ask; `/health` answers everybody.
        unscored: What `/get_reward` does with samples that can't be scored.
    """

    def __init__(self, scorer: Scorer, limits: ServerLimits, access: Access, unscored: Unscored = "stop") -> None:
        self._scorer = scorer
        self._limits = limits
        self._access = access
        self._gate = Gate(limits)
        self._metrics = Metrics(self._gate)
        self._write_result = partial(write_result, settings=scorer.settings, unscored=unscored)

    def app(self) -> ASGIApp:
        """The application as a server runs it."""
        routes = [
            Route("/score", partial(self._answer, read=read_samples, write=write_rewards), methods=["POST"]),
            Route("/get_reward", partial(self._answer, read=read_queries, write=self._write_result), methods=["POST"]),
            Route("/health", self._health),
            Route("/metrics", self._show_metrics),
        ]
        handlers = {Refusal: self._refuse, HTTPException: self._refuse}
        app = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)
        app.router.redirect_slashes = False
        return Discarding(app, self._limits)

    async def _answer(self, request: Request, read: ReadBody, write: WriteReply) -> Response:
        began = time.perf_counter()
        endpoint = request.url.path
        try:
            self._access.check(request.headers.get("authorization"))
            check_head(request, self._limits)
            if read is read_queries:
                self._check_groups()
            with self._gate.hold() as hold:
                body = await read_body(request, self._limits, hold)
                answer = await self._score(body, read, write)
        except Refusal:
            raise
        except Exception as error:
            # A bug. Its message may hold what a model wrote: the place of it is enough to mend it.
            frames = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("%s while answering %s\n%s", type(error).__name__, endpoint, frames)
            message = f"{type(error).__name__} in the server, which its log places; no sample was scored"
            raise Refusal(500, message) from None
        finally:
            self._metrics.seconds.labels(endpoint).observe(time.perf_counter() - began)
        self._metrics.samples.labels("scored").inc(answer.scored)
        self._metrics.samples.labels("unscored").inc(answer.unscored)
        return self._reply(request, Response(answer.body, media_type="application/json"))

    def _check_groups(self) -> None:
        try:
            self._scorer.settings.check_single("OpenRLHF")
        except ConfigError as error:
            raise Refusal(422, str(error)) from None

    async def _score(self, body: bytes, read: ReadBody, write: WriteReply) -> Answer:
        deadline = self._limits.deadline
        try:
            async with asyncio.timeout(deadline), self._gate.slot():
                return await self._scorer.answer(body, read, write)
        except TimeoutError:
            message = f"not scored within {deadline:g} s; send fewer samples at once, or give the server --deadline"
            raise Refusal(504, message) from None

    async def _health(self, request: Request) -> Response:
        gate = self._gate
        state = {"status": "ok", "version": __version__, "waiting": gate.waiting, "scoring": gate.scoring}
        return self._reply(request, Response(dump_json(state)[0], media_type="application/json"))

    async def _show_metrics(self, request: Request) -> Response:
        self._access.check(request.headers.get("authorization"))
        return self._reply(request, Response(self._metrics.text(), headers={"Content-Type": CONTENT_TYPE}))

    async def _refuse(self, request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):  # the router's own: no such path, no such method
            message = f"{error.detail}; there are POST /score and /get_reward, GET /health and /metrics"
            error = Refusal(error.status_code, message, headers=dict(error.headers or {}))
        assert isinstance(error, Refusal)
        body = dump_json(error.payload)[0]  # a field's name may hold anything
        return self._reply(request, Response(body, error.status, error.headers, media_type="application/json"))

    def _reply(self, request: Request, response: Response) -> Response:
        endpoint = request.url.path if request.url.path in ENDPOINTS else "other"
        self._metrics.requests.labels(endpoint, str(response.status_code)).inc()
        return response

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        self._scorer.start()
        try:
            yield
        finally:
            self._scorer.stop()
