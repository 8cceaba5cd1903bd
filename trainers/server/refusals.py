"""What a client is told when its request can't be served: a status, the field at fault, and the cure."""

from __future__ import annotations

from p2r_rewards.errors import P2RError


class Refusal(P2RError):
    """A request that is not served.

    The message never repeats what the client sent: it may hold a secret, or what a model wrote.

    Args:
        status: The HTTP status.
        message: What is wrong, and what to do.
        field: The place in the body, such as `samples[3].completion`.
        headers: Further headers of the reply.
    """

    def __init__(
        self, status: int, message: str, field: str | None = None, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.field, self.headers = status, field, headers or {}

    @property
    def payload(self) -> dict[str, object]:
        """The body of the reply.

        Example:
            >>> Refusal(422, "must be text", "samples[0].completion").payload
            {'error': {'status': 422, 'field': 'samples[0].completion', 'message': 'must be text'}}
        """
        return {"error": {"status": self.status, "field": self.field, "message": str(self)}}


def busy(message: str, seconds: int = 1) -> Refusal:
    """A refusal for now: the client may come back after so many seconds."""
    return Refusal(503, f"{message}; try again in {seconds} s", headers={"Retry-After": str(seconds)})
