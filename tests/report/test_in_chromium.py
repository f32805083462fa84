"""The page in a real browser: no complaint, no overflow on a phone, every player plays."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpusforge.report import stage

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
]

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt)")


class Browser:
    """Headless Chromium, spoken to over its debugging pipe (file descriptors 3 and 4).

    Messages are JSON, each ended by a null byte.
    """

    def __init__(self, profile: Path) -> None:
        read_here, write_there = os.pipe()
        read_there, write_here = os.pipe()
        # Out of the way of 3 and 4, so that the two dup2 below cannot overwrite each other.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in (read_there, write_there)]
        os.close(read_there)
        os.close(write_there)

        def arrange() -> None:
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        self._process = subprocess.Popen(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            close_fds=False,
            preexec_fn=arrange,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for end in ends:
            os.close(end)
        self._reading = os.fdopen(read_here, "rb", buffering=0)
        self._writing = os.fdopen(write_here, "wb", buffering=0)
        self._rest = b""
        self._count = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command; events that come meanwhile are kept."""
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        self._writing.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            data = self._reading.read(1 << 20)
            assert data, "chromium went away"
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def open(self, path: Path, width: int, *, dark: bool = False) -> None:
        """Load a local page at this width in CSS pixels and wait until it is loaded."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=900,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._receive())

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """Console errors and warnings, exceptions, and requests to anything but the page."""
        self.evaluate("1")
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            if method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
                found.append(str(params["args"]))
            if method == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"]["text"])
            if method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith(("data:", "file:")):
                    found.append(f"request to {url}")
        return found

    def close(self) -> None:
        """End this browser."""
        self._process.terminate()
        self._process.wait(timeout=20)
        self._reading.close()
        self._writing.close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    started = Browser(tmp_path_factory.mktemp("profile"))
    yield started
    started.close()


@pytest.fixture(scope="module")
def page(
    tmp_path_factory: pytest.TempPathFactory,
    run_folder: Path,
    stage_folders: dict[str, Path],
    recipe: dict[str, Any],
) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    html = stage.render_run(stage_folders, run_folder / "cache", recipe)
    path.write_text(html, encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 400, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_no_overflow_and_no_complaint(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    # Charts clip nothing: their labels stay inside the figure.
    outside = browser.evaluate(
        "Array.from(document.querySelectorAll('svg text')).filter(t => {"
        "const a = t.getBoundingClientRect(), b = t.closest('figure').getBoundingClientRect();"
        "return a.width && (a.left < b.left - 1 || a.right > b.right + 1)"
        "}).map(t => t.textContent)"
    )
    assert outside == []
    assert browser.complaints() == []


def test_every_player_has_a_duration(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    durations = browser.evaluate(
        "Promise.all(Array.from(document.querySelectorAll('audio')).map(a => "
        "new Promise(done => { const tell = () => done(a.duration);"
        "if (a.readyState) tell(); else { a.onloadedmetadata = tell; a.onerror = () => done(-1);"
        "a.load(); } })))"
    )
    assert 3 <= len(durations) <= 24
    assert all(isinstance(seconds, int | float) and 0.3 < seconds < 15 for seconds in durations)
    shown = browser.evaluate(
        "Array.from(document.querySelectorAll('.players .facts li:first-child'))"
        ".map(e => parseFloat(e.textContent))"
    )
    assert shown == pytest.approx(durations, abs=0.01)


def test_filter_shows_only_what_was_asked_for(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    visible = "Array.from(document.querySelectorAll('#row-list > li')).filter(e => !e.hidden)"
    before = browser.evaluate(f"{visible}.length")
    browser.evaluate(
        "const s = document.getElementById('filter-origin'); s.value = 'gan';"
        "s.dispatchEvent(new Event('change', {bubbles: true}))"
    )
    origins = browser.evaluate(f"{visible}.map(e => e.dataset.origin)")
    assert set(origins) == {"gan"}
    assert len(origins) < before
    assert browser.evaluate("document.getElementById('row-count').textContent").startswith(
        str(len(origins))
    )


def test_hostile_rows_run_nothing(browser: Browser, page: Path) -> None:
    browser.open(page, 400)
    assert browser.evaluate("document.querySelectorAll('script').length") == 1
    assert browser.evaluate("document.querySelectorAll('img').length") == 0
    assert browser.evaluate("document.body.textContent.includes('onerror=alert')") is True
