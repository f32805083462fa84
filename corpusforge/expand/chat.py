"""Chat completions of any OpenAI-compatible endpoint: retries, a cache on disk, a count of costs.

vLLM, Ollama, llama.cpp and `transformers serve` speak the same protocol: POST
ENDPOINT/chat/completions with a list of messages. Nothing but the standard library is needed.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.ids import digest
from corpusforge.core.recipe import LlmConfig
from corpusforge.core.run import Cache, canonical_json

__all__ = ["Chat", "Reply"]

_VERSION = "1"
_BUSY = (408, 409, 425, 429)
# Seconds before the first further try; twice as long before each later one.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 1.0, 60.0
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, as it stands in the cache.

    Attributes:
        text: What the model said.
        complete: Whether it came to its own end (or was cut by the limit of tokens).
        prompt_tokens: Tokens of the prompt, 0 where the server does not count.
        completion_tokens: Tokens of the answer, likewise.
        requests: Requests that it took, broken ones included.
    """

    text: str
    complete: bool
    prompt_tokens: int
    completion_tokens: int
    requests: int


class _Again(Exception):  # noqa: N818
    """The request may succeed later; `wait_s` is how long the server asks to wait, or None."""

    def __init__(self, said: str, wait_s: float | None = None) -> None:
        self.said = said
        self.wait_s = wait_s
        super().__init__(said)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the key to another server."""

    def redirect_request(self, *args: Any) -> None:
        """Refuses: the redirect becomes an error."""


class Chat:
    """One model behind one endpoint.

    Args:
        config: Endpoint, model, limits.
        cache: Where replies are kept; None = nowhere.
        sleep: Waits, in seconds; for tests.
    """

    def __init__(
        self, config: LlmConfig, cache: Cache | None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._config = config
        self._cache = cache
        self._sleep = sleep
        self._opener = urllib.request.build_opener(_NoRedirects)
        self._url = config.endpoint.rstrip("/") + "/chat/completions"
        self._counts = {"requests": 0, "prompt_tokens": 0, "completion_tokens": 0}

    def usage(self) -> dict[str, int]:
        """Requests and tokens of all replies so far; one from the cache counts what it cost."""
        return dict(self._counts)

    def ask(self, bodies: Sequence[Mapping[str, Any]]) -> list[Reply]:
        """Answers to several requests, in their order; several are under way at a time.

        Every finished answer is in the cache, whatever happens to the others.

        Args:
            bodies: Requests without the model's name: messages, temperature, seed, ...

        Raises:
            InputError: The server refuses (no such model, wrong key, wrong request).
            RunError: It stayed busy or broken; the same command goes on from here.
        """
        with ThreadPoolExecutor(self._config.parallel) as pool:
            tasks = [pool.submit(self._answer, body) for body in bodies]
            try:
                replies = [task.result() for task in tasks]
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        for reply in replies:
            self._counts["requests"] += reply.requests
            self._counts["prompt_tokens"] += reply.prompt_tokens
            self._counts["completion_tokens"] += reply.completion_tokens
        return replies

    def _answer(self, body: Mapping[str, Any]) -> Reply:
        whole = {"model": self._config.model, **body}
        key = digest("expand.llm", _VERSION, self._url, canonical_json(whole))
        known = self._known(key)
        if known is not None:
            return known
        data = canonical_json(whole).encode()
        tries = self._config.retries + 1
        for number in range(1, tries + 1):
            try:
                reply = self._post(data, number)
                break
            except _Again as error:
                if number == tries:
                    raise RunError(
                        f"expand.llm: {self._url} gave no answer in {tries} tries: "
                        f"{self._shown(error.said)}\n    answers so far are kept; the same command "
                        "goes on from here"
                    ) from None
                wait_s = _FIRST_WAIT_S * 2 ** (number - 1) if error.wait_s is None else error.wait_s
                self._sleep(min(_LONGEST_WAIT_S, wait_s))
        if self._cache is not None:
            record = {name: getattr(reply, name) for name in Reply.__slots__}
            self._cache.put("llm", key, ".json", canonical_json(record).encode())
        return reply

    def _known(self, key: str) -> Reply | None:
        path = self._cache.get("llm", key, ".json") if self._cache is not None else None
        if path is None:
            return None
        try:
            return Reply(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError):  # damaged: as good as absent
            return None

    def _key(self) -> str:
        name = self._config.api_key_env
        if name is None:
            return ""
        key = os.environ.get(name, "").strip()
        if not key:
            raise InputError(
                f"expand.llm.api_key_env: the environment variable {name} is not set",
                hint=f"export {name}=... with the key of {self._config.endpoint}, or leave "
                "api_key_env out where none is needed",
            )
        return key

    def _post(self, data: bytes, number: int) -> Reply:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if key := self._key():
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(self._url, data, headers, method="POST")
        try:
            with self._opener.open(request, timeout=self._config.timeout_s) as response:
                answer = response.read()
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise _Again(f"{type(error).__name__}: {reason}") from None
        return _parsed(answer, number)

    def _refusal(self, error: urllib.error.HTTPError) -> Exception:
        try:
            said = error.read(10_000).decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            said = ""
        said = f"HTTP {error.code} {error.reason}: {said}"
        if error.code in _BUSY or error.code >= 500:
            return _Again(said, _seconds(error.headers.get("Retry-After")))
        hints = {
            401: "is the key in expand.llm.api_key_env right?",
            403: "may this key use the model?",
            404: "are expand.llm.endpoint (it often ends in /v1) and expand.llm.model right?",
        }
        return InputError(
            f"expand.llm: {self._url} refuses the request: {self._shown(said)}",
            hint=hints.get(error.code, "see what the server says"),
        )

    def _shown(self, said: str) -> str:
        """A message of the server, short, and without the key, should it repeat it."""
        key = os.environ.get(self._config.api_key_env or "", "").strip()
        clean = said.replace(key, "***") if key else said
        clean = " ".join(clean.split())
        return clean if len(clean) <= _SHOWN else clean[:_SHOWN] + " ..."


def _seconds(text: str | None) -> float | None:
    """Retry-After in seconds; dates are not read."""
    try:
        return max(0.0, float(text)) if text else None
    except ValueError:
        return None


def _parsed(answer: bytes, number: int) -> Reply:
    """A reply from the server's answer.

    Raises:
        _Again: When it is not what the protocol says.
    """
    try:
        whole = json.loads(answer)
        choice = whole["choices"][0]
        text = choice["message"]["content"] or ""
        if not isinstance(text, str):
            raise TypeError("the content is no text")
        text = text.encode("utf-8", "replace").decode()  # half of a surrogate pair
        usage = whole.get("usage") or {}
        return Reply(
            text=text,
            complete=choice.get("finish_reason") != "length",
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            completion_tokens=int(usage.get("completion_tokens") or 0),
            requests=number,
        )
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        shown = answer[:_SHOWN].decode("utf-8", "replace")
        raise _Again(f"not a chat completion ({type(error).__name__}: {error}): {shown}") from None
