"""The generator llm and its client against a loopback server."""

import dataclasses
import json
import socket

import pytest

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.recipe import LlmConfig
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import Cache, read_json
from corpusforge.core.schema import read_table, table_to_utterances
from corpusforge.expand.answers import utterances
from corpusforge.expand.chat import Chat
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import TEMPERATURES
from corpusforge.expand.slots import Frame, SlotKind, SlotTable, Value
from tests.expand.chat_server import completion, exemplars, serving, varied

KEY = "sk-very-secret-0123"
BODY = {"messages": [{"role": "user", "content": "hello"}], "seed": 1}


class Client:
    """A chat with a cache, and the waits it made."""

    def __init__(self, server, folder, **config):
        self.waits = []
        self.config = LlmConfig(endpoint=server.url, model="m", **config)
        self.chat = Chat(self.config, Cache(folder / "cache"), self.waits.append)


def bodies(count):
    return [{**BODY, "seed": seed} for seed in range(count)]


def test_answers_come_in_the_order_of_the_requests(tmp_path):
    with serving(lambda body, _: completion(f"seed {body['seed']}")) as server:
        client = Client(server, tmp_path, parallel=4)
        replies = client.chat.ask(bodies(9))
    assert [reply.text for reply in replies] == [f"seed {n}" for n in range(9)]
    assert client.chat.usage() == {
        "requests": 9, "prompt_tokens": 63, "completion_tokens": 27,
    }  # fmt: skip
    assert {body["model"] for _, body in server.asked} == {"m"}
    assert client.waits == []


@pytest.mark.parametrize(
    "broken",
    [
        (429, {}, b"slow down"),
        (500, {}, b""),
        (503, {}, b"<html>"),
        (200, {}, b"not json"),
        (200, {}, b'{"choices": []}'),
        (200, {}, b'{"choices": [{"message": {"content": 3}}]}'),
        (200, {}, b'{"error": "overloaded"}'),
        (200, {}, b"[]"),
        (200, {}, b'{"choices": [{"message": {"content": "cut'),
    ],
)
def test_a_broken_answer_is_asked_for_again(tmp_path, broken):
    def answer(_, number):
        return broken if number <= 2 else completion("fine")

    with serving(answer) as server:
        client = Client(server, tmp_path, retries=2)
        (reply,) = client.chat.ask([BODY])
    assert reply.text == "fine"
    assert client.chat.usage()["requests"] == 3
    assert client.waits == [1.0, 2.0]


def test_a_server_says_how_long_to_wait(tmp_path):
    answers = [(429, {"Retry-After": "7"}, b""), (429, {"Retry-After": "9999"}, b"")]

    with serving(lambda _, n: answers[n - 1] if n < 3 else completion("fine")) as server:
        client = Client(server, tmp_path)
        client.chat.ask([BODY])
    assert client.waits == [7.0, 60.0]


def test_it_gives_up_with_an_error_that_can_be_resumed(tmp_path):
    def answer(body, _):
        return completion("fine") if body["seed"] != 2 else (503, {}, b"busy")

    with serving(answer) as server:
        client = Client(server, tmp_path, retries=1, parallel=1)
        with pytest.raises(RunError, match="gave no answer in 2 tries: HTTP 503"):
            client.chat.ask(bodies(3))
    with serving(lambda *_: completion("late")) as other:
        # Another port is another endpoint; the cache goes by it.
        again = Client(server, tmp_path)
        assert [reply.text for reply in again.chat.ask(bodies(2))] == ["fine", "fine"]
        assert Client(other, tmp_path).chat.ask(bodies(1))[0].text == "late"


def test_no_server(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        config = LlmConfig(
            endpoint=f"http://127.0.0.1:{free.getsockname()[1]}/v1", model="m", retries=1
        )
    waits = []
    with pytest.raises(RunError, match="gave no answer in 2 tries"):
        Chat(config, None, waits.append).ask([BODY])
    assert waits == [1.0]


def test_a_server_that_hangs_up_or_is_silent(tmp_path):
    def answer(_, number):
        if number == 1:
            return 200, {"Content-Length": "500"}, b"{"  # the connection ends before
        return completion("fine")

    with serving(answer) as server:
        client = Client(server, tmp_path, timeout_s=0.5)
        assert client.chat.ask([BODY])[0].text == "fine"
    assert len(client.waits) == 1


@pytest.mark.parametrize(
    ("status", "said"), [(401, "api_key_env"), (404, "expand.llm.endpoint"), (400, "says")]
)
def test_a_refusal_ends_the_run_at_once(tmp_path, status, said):
    with serving(lambda *_: (status, {}, b"no")) as server:
        client = Client(server, tmp_path)
        with pytest.raises(InputError, match=f"HTTP {status}") as caught:
            client.chat.ask([BODY])
    assert said in str(caught.value)
    assert len(server.asked) == 1


def test_a_redirect_does_not_carry_the_key_away(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    with serving(lambda *_: completion("stolen")) as thief:
        moved = (307, {"Location": thief.url + "/chat/completions"}, b"")
        with serving(lambda *_: moved) as server:
            client = Client(server, tmp_path, api_key_env="MY_KEY")
            with pytest.raises(InputError, match="HTTP 307"):
                client.chat.ask([BODY])
    assert thief.asked == []


def test_the_key_goes_to_the_server_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.setenv("MY_KEY", KEY)
    with serving(lambda *_: completion("fine")) as server:
        Client(server, tmp_path, api_key_env="MY_KEY").chat.ask([BODY])
    assert server.asked[0][0]["Authorization"] == f"Bearer {KEY}"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY not in path.read_text()
    with serving(lambda *_: (401, {}, f"bad key {KEY}".encode())) as server:
        client = Client(server, tmp_path, api_key_env="MY_KEY")
        with pytest.raises(InputError) as caught:
            client.chat.ask([BODY])
    assert KEY not in str(caught.value)
    assert "***" in str(caught.value)


def test_a_key_that_is_not_set(tmp_path, monkeypatch):
    monkeypatch.delenv("MY_KEY", raising=False)
    with serving(lambda *_: completion("fine")) as server:
        client = Client(server, tmp_path, api_key_env="MY_KEY")
        with pytest.raises(InputError, match="environment variable MY_KEY is not set"):
            client.chat.ask([BODY])
    assert server.asked == []


def test_a_damaged_file_in_the_cache_is_asked_for_again(tmp_path):
    with serving(lambda _, number: completion(f"number {number}")) as server:
        Client(server, tmp_path).chat.ask([BODY])
        assert Client(server, tmp_path).chat.ask([BODY])[0].text == "number 1"
        (path,) = (tmp_path / "cache").rglob("*.json")
        path.write_text("{")
        assert Client(server, tmp_path).chat.ask([BODY])[0].text == "number 2"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("turn it on\nlights please", ["turn it on", "lights please"]),
        ("Here are two:\n1. one\n2) two\n", ["one", "two"]),
        ('- "one"\n* \u201ctwo\u201d\n\u2022 three', ["one", "two", "three"]),
        ("```\none\n```", ["one"]),
        ('```json\n["one", "two ", 3]\n```', ["one", "two"]),
        ('["one",\n"two', ['["one"', '"two']),
        ("<think>\nhm\n</think>\n\none", ["one"]),
        ("<think>never ends", []),
        ("7 o'clock\n-5 degrees", ["7 o'clock", "-5 degrees"]),
        ("", []),
        ("\n \n", []),
    ],
)
def test_utterances_of_an_answer(answer, expected):
    assert utterances(answer) == expected


def test_the_last_line_of_a_cut_answer_is_left_out():
    assert utterances("one\ntwo\nthr", complete=False) == ["one", "two"]
    assert utterances("one", complete=False) == []


def test_values_in_clear():
    kinds = {"{lamp}": SlotKind("lamp", "lamp", ""), "{room}": SlotKind("room", "room", "")}
    lamps = [Value("desk lamp", "", ""), Value("on", "", "")]
    table = SlotTable(kinds, {("lamp", ""): lamps, ("room", ""): [Value("hall", "", "")]}, {})
    frames = [
        Frame("a", "turn on the {lamp}", ("{lamp}",), 0),
        Frame("b", "{room}", ("{room}",), 1),
    ]
    clear = ClearValues(table, frames)
    assert clear.first("a", "the Desk-Lamp, {lamp}") == "desk lamp"
    assert clear.first("a", "desk {lamp} lamp") is None  # not side by side
    assert clear.first("a", "turn on the {lamp} in the hall") is None  # of another intent
    assert clear.first("b", "the hall") == "hall"
    assert clear.first("c", "the hall") is None


def llm_recipe(recipe, server, **changes):
    llm = LlmConfig(endpoint=server.url, model="echo", lines=6, max_requests=12)
    config = dataclasses.replace(
        recipe.expand, generator="llm", llm=dataclasses.replace(llm, **changes), rows=6
    )
    return dataclasses.replace(recipe, expand=config)


def test_the_stage_asks_and_accounts(recipe, expand, grammar_folder):
    with serving(varied) as server:
        found = expand(llm_recipe(recipe, server))
    before = read_table(grammar_folder / "utterances.parquet")
    rows = table_to_utterances(before)
    texts = " ".join(json.dumps(body) for _, body in server.asked)
    usage = read_json(found.folder / "history.json")["usage"]
    assert usage["requests"] == len(server.asked) <= 12
    assert usage["prompt_tokens"] == 7 * len(server.asked)
    assert found.result.facts["distinct_candidates"] > 0
    # Only train rows are shown, without their values.
    shown = {line for _, body in server.asked for line in exemplars(body)}
    train = {row.text for row in rows if row.split == "train"}
    assert shown and not shown & {row.text for row in rows if row.split != "train"}
    assert not shown & {text for text in train if "lamp" in text}
    assert "desk lamp" in texts  # as an example of what {lamp} stands for
    heats = [body["temperature"] for _, body in server.asked]
    assert set(heats) <= set(TEMPERATURES)
    made = read_table(found.folder / "utterances.parquet").slice(before.num_rows)
    assert set(made["origin"].to_pylist()) <= {"llm"}
    assert any("were sent to the model echo" in note for note in found.result.notes)


def test_a_killed_run_goes_on_and_pays_for_nothing_twice(recipe, expand, tmp_path):
    lasts = 3  # requests that are answered before the server goes away

    def answer(body, number):
        return varied(body, number) if number <= lasts else (400, {}, b"gone")

    with serving(answer) as server:
        changed = llm_recipe(recipe, server, parallel=1)
        with pytest.raises(InputError, match="gone"):
            expand(changed, "killed", tmp_path / "cache")
        paid = len(server.asked)
        lasts = 10_000
        resumed = expand(changed, "resumed", tmp_path / "cache")
        asked = len(server.asked)
        usage = read_json(resumed.folder / "history.json")["usage"]
        # The three good answers were not asked for again, and are in the account.
        assert asked - paid == usage["requests"] - 3
        again = expand(changed, "again", tmp_path / "cache")
        assert len(server.asked) == asked
        # Nor do bytes depend on how many requests are under way at a time.
        other = expand(llm_recipe(recipe, server, parallel=7), "other", tmp_path / "cache")
        assert len(server.asked) == asked
        fresh = expand(llm_recipe(recipe, server, parallel=7), "fresh")
    for name in ("utterances.parquet", "dropped.parquet", "history.json"):
        expected = (resumed.folder / name).read_bytes()
        for run in (again, other, fresh):
            assert (run.folder / name).read_bytes() == expected


def test_a_model_that_repeats_itself_is_not_asked_forever(recipe, expand):
    with serving(lambda *_: completion("the same over and over")) as server:
        found = expand(llm_recipe(recipe, server, max_requests=500))
    assert len(server.asked) <= 3 * 5 * 2
    assert found.result.facts["accepted"] == 0


@pytest.mark.parametrize(
    ("llm", "expected"),
    [
        ("{model: m}", "the key 'endpoint' is missing in expand.llm"),
        ("{endpoint: 'localhost:8000', model: m}", "expand.llm.endpoint"),
        ("{endpoint: 'http://me:secret@host/v1', model: m}", "expand.llm.endpoint"),
        ("{endpoint: 'http://host/v1', model: m, api_key_env: sk-123}", "api_key_env"),
        ("{endpoint: 'http://host/v1', model: m, api_key: x}", "unknown key 'api_key'"),
    ],
)
def test_recipes_that_are_refused(tmp_path, llm, expected):
    (tmp_path / "t.yaml").write_text("language: en\n")
    path = tmp_path / "recipe.yaml"
    head = "name: x\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml}\n"
    path.write_text(f"{head}expand: {{generator: llm, llm: {llm}}}\n")
    with pytest.raises(InputError) as caught:
        load_recipe(path)
    assert expected in str(caught.value)
