"""The server from its address to its end."""

from __future__ import annotations

import ipaddress
import resource
import signal
import socket
from collections.abc import Callable

from p2r_rewards.errors import ConfigError, MissingExtraError
from p2r_rewards.trainers.openrlhf import Unscored
from p2r_rewards.trainers.samples import RewardSettings
from p2r_rewards.trainers.server.access import VARIABLE, Access
from p2r_rewards.trainers.server.limits import ServerLimits


def serve(
    settings: RewardSettings,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    limits: ServerLimits | None = None,
    unscored: Unscored = "stop",
    judge_concurrency: int = 64,
    told: Callable[[str], None] = print,
    warned: Callable[[str], None] = print,
) -> None:
    """Serves rewards until SIGTERM or SIGINT; then answers what is under way, and returns.

    Args:
        settings: What is paid for, and who judges.
        host: Where it listens.
        port: 0 takes a free one.
        limits: The bounds on requests.
        unscored: What `/get_reward` does with samples that can't be scored.
        judge_concurrency: Requests to the judge in flight at once.
        told: Called with the line that holds the address.
        warned: Called with a warning.

    Raises:
        ConfigError: The settings or the token are at fault.
        MissingExtraError: The extra `server` is not installed.
        OSError: It can't listen there.
    """
    try:
        import uvicorn

        from p2r_rewards.trainers.server.app import RewardServer
        from p2r_rewards.trainers.server.connections import uvicorn_options
        from p2r_rewards.trainers.server.scoring import Scorer
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "uvicorn", "server") from error
    limits = limits or ServerLimits()
    access = Access.from_environment()
    scorer = Scorer(settings, limits, judge_concurrency)
    listening = _listen(host, port)
    if not _is_loopback(listening):
        token = "" if not access.open else f" It asks for no token: set {VARIABLE}."
        warned(f"everybody who reaches {host} can ask this server, and read what is sent unencrypted.{token}")
    app = RewardServer(scorer, limits, access, unscored).app()
    server = uvicorn.Server(uvicorn.Config(app, **uvicorn_options(limits)))
    _allow_many_connections()

    def end(*_: object) -> None:  # before uvicorn listens to signals, and when it raises them anew at its end
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    told(f"listening on http://{_shown(listening)}")
    server.run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    if not host:
        message = "host is empty; name one address, such as 127.0.0.1"
        raise ConfigError(message)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(4096)
    except OSError as error:
        raise OSError(error.errno, f"can't listen there: {error.strerror}", f"{host}:{port}") from error
    return listening


def _is_loopback(listening: socket.socket) -> bool:
    return ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback


def _shown(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _allow_many_connections() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
