"""Home Assistant's templates load unchanged: the folder of its sources, and the wheel of builds."""

import importlib.util
import json
import os
from pathlib import Path

import pytest

from corpusforge import cli
from corpusforge.core.errors import InputError
from corpusforge.grammar.loader import load_pack

DATA = os.environ.get("CORPUSFORGE_DATA")
# Their files have intents without a single sentence.
WITHOUT_SENTENCES = {"af", "gu", "kn", "mr"}


def wheel():
    spec = importlib.util.find_spec("home_assistant_intents")
    if spec is None:
        pytest.skip("the wheel home-assistant-intents is not installed")
    return Path(spec.origin).parent / "data"


def test_every_language_of_the_wheel_loads_from_its_json():
    files = sorted(wheel().glob("*.json"))
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        pack = load_pack(file)
        blocks = [block for body in content["intents"].values() for block in body["data"]]
        written = [sentence for block in blocks for sentence in block["sentences"]]
        assert len(pack.templates) + len(pack.open_templates) == len(written)
        assert pack.lang == content["language"]
        ignoring = content.get("settings", {}).get("ignore_whitespace", False)
        assert pack.ignore_whitespace == ignoring
    assert len(files) >= 65


def test_the_verbs_read_the_wheel(tmp_path, capsys):
    (tmp_path / "said.txt").write_text("打开电视吧\n把温度调成 20 度\n", encoding="utf-8")
    assert cli.main(["match", str(wheel() / "zh-CN.json"), str(tmp_path / "said.txt")]) == 0
    on, warm = [json.loads(line)["readings"] for line in capsys.readouterr().out.splitlines()]
    assert "HassTurnOn" in {reading["intent"] for reading in on}
    slots = [slot for reading in warm for slot in reading["slots"]]
    assert ("temperature", "20") in {(slot["name"], slot["value"]) for slot in slots}


@pytest.mark.skipif(not DATA, reason="needs CORPUSFORGE_DATA/ha_intents")
def test_every_language_of_the_folder_loads():
    folders = sorted(p for p in (Path(DATA) / "ha_intents" / "sentences").iterdir() if p.is_dir())
    count = 0
    for folder in folders:
        if folder.name in WITHOUT_SENTENCES:
            with pytest.raises(InputError, match="there are no sentences"):
                load_pack(folder)
            continue
        pack = load_pack(folder)
        count += len(pack.templates) + len(pack.open_templates)
        assert pack.ignore_whitespace == folder.name.startswith("zh-")
    assert len(folders) == 62
    assert count >= 11_900
