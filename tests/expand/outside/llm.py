"""A loopback server that answers with the phrases it is shown, and words around them."""

from contextlib import contextmanager

from tests.expand.chat_server import serving, varied


@contextmanager
def arranged(folder):
    with serving(varied) as server:
        yield {"llm": {"endpoint": server.url, "model": "echo", "max_requests": 25}}
