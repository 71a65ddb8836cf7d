"""HEAD is GET without the content (RFC 9110 section 9.3.2), for what anybody may read: tiles, heads, keys, lists.

Who shows who they are is not answered so: what is opened or logged for somebody is opened to be read.
"""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

WHO = frozenset({b"authorization", b"fsc-authorization", b"cookie", b"dpop", b"client-cert"})


class Headed:
    """ASGI middleware, the outermost ring: within it there is no HEAD, so no route has to know of one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or any(name in WHO for name, _ in scope["headers"]):
            return await self._app(scope, receive, send)

        async def without_content(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_content)
