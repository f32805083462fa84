"""A chat endpoint on the loopback interface that answers as a test tells it."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def completion(text, finish="stop", usage=(7, 3)):
    """A well-formed answer."""
    answer = {
        "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}],
        "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]},
    }
    return 200, {}, json.dumps(answer).encode()


class ChatServer:
    """What was asked, and how to answer.

    Attributes:
        url: For `expand.llm.endpoint`.
        asked: (headers, body) of every request so far.
    """

    def __init__(self, answer):
        self.asked = []
        lock = threading.Lock()
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self):
                size = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(size))
                with lock:
                    outer.asked.append((dict(self.headers), body))
                    number = len(outer.asked)
                status, headers, data = answer(body, number)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def serving(answer):
    """A server that answers with `answer(body, number of the request)`."""
    server = ChatServer(answer)
    try:
        yield server
    finally:
        server.close()


def exemplars(body):
    """The train phrases that a prompt shows."""
    lines = body["messages"][-1]["content"].split("\n")
    return [line[2:] for line in lines if line.startswith("- ")]


def varied(body, number):
    """The shown phrases with words around them that depend on the seed alone."""
    before = ("well", "right", "listen", "hello")[body["seed"] % 4]
    after = ("at once", "if you can", "my friend")[body["seed"] % 3]
    return completion("\n".join(f"- {before} {text} {after}" for text in exemplars(body)))
