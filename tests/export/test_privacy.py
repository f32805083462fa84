"""A whole build with private real rows: no word, label, slot or value of theirs comes out."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge import api
from corpusforge.core.run import read_json, write_json
from corpusforge.core.schema import drop_rows, read_table, write_table
from corpusforge.export import stage
from corpusforge.export.verify import verify_release
from tests.export.corpus import context, utterances

# A word that no template has; names are marked in other ways so that each can be found.
WORD, LABEL, OTHER, SLOT, VALUE = "zyloph", "qintent", "qother", "qslot", "qvalue"
CANARIES = (WORD, LABEL, OTHER, SLOT, VALUE)


def row(text, intent=LABEL, slots=(), split="train"):
    return {"text": text, "intent": intent, "slots": slots, "split": split}


def slot(start, end, **more):
    return {"name": SLOT, "entity": "qlist", "start": start, "end": end, "value": VALUE, **more}


def private_rows():
    """Sound rows, and rows that are lost each in another way."""
    near = f"could you please put the {WORD} into the big old garage for me"
    return [
        *(row(f"feed the {WORD} {n}", slots=[slot(9, 15)]) for n in ("now", "later", "well")),
        row("turn on the kitchen light", intent=LABEL),  # what a template says, otherwise labelled
        row(f"{WORD} sings", slots=[slot(0, 6, text="elephant")]),  # slot mismatch
        row(f"{WORD} sings", slots=f'[{{"name": "{SLOT}"'),  # bad JSON
        row(f"{WORD} sings", slots=[slot(0, 99)]),
        row(f"{WORD} both", intent=LABEL),  # label conflict
        row(f"{WORD} both", intent=OTHER),
        row(f"{WORD} twice"),  # duplicates, of the file and after folding
        row(f"{WORD} twice"),
        row(f"{WORD} twice!", split="test"),
        row(near, split="test"),  # near duplicates
        row(near.replace("garage", "garages")),
        *(row(f"{WORD} 灯を点けて {n}", intent=OTHER) for n in "abc"),  # unspeakable
    ]


@pytest.fixture(scope="module", params=[False, True], ids=["private", "published"])
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("private")
    lines = [json.dumps(line, ensure_ascii=False) + "\n" for line in private_rows()]
    (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
    (folder / "t.yaml").write_text(TEMPLATES, encoding="utf-8")
    publish = str(request.param).lower()
    (folder / "recipe.yaml").write_text(RECIPE.replace("PUBLISH", publish), encoding="utf-8")
    api.build(folder / "recipe.yaml", folder / "out")
    return request.param, folder / "out"


TEMPLATES = """\
language: en
lists:
  room: {values: [kitchen, bedroom, attic, cellar, hall, office]}
intents:
  on:
    data:
      - {sentences: ["turn on the {room} light", "light up the {room}", "{room} light on please"]}
      - {sentences: ["it is dark in the {room}", "make the {room} bright", "lamps on in {room}"]}
  off:
    data:
      - {sentences: ["turn off the {room} light", "darken the {room}", "{room} light out please"]}
"""
RECIPE = """\
name: canaries
lang: en
license: CC0-1.0
grammar: {path: t.yaml, rows: 40}
real:
  {path: rows.jsonl, slots: slots, split: split, license: MIT, publish: PUBLISH}
expand: {rows: 0}
speech: {clips: 12, max_dropped: 1}
audio_gate: {limits: {"*": {max_s_per_letter: 0.07}}}
export: {writers: [hf, wav_csv]}
"""


def texts_of(folder):
    """Everything that can be read out of a folder: Parquet by columns, other files as they are."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.suffix == ".parquet":
            table = pq.read_table(path, partitioning=None)
            yield path.name, repr(table.schema) + repr(table.schema.metadata)
            for name in table.column_names:
                yield f"{path.name}:{name}", repr(table[name].to_pylist())
        else:
            yield path.name, path.read_bytes().decode("utf-8", "replace")


def telling(folder):
    return {
        (word, where) for where, text in texts_of(folder) for word in CANARIES
        if word in text.lower()
    }  # fmt: skip


def test_nothing_of_a_private_row_comes_out(built):
    publish, out = built
    found = telling(out / "release") | telling(out / "exports")
    page = (out / "report.html").read_text(encoding="utf-8")
    if publish:  # so that the search is known to find
        assert {word for word, _ in found} == set(CANARIES)
        assert all(word in page for word in (WORD, LABEL, OTHER, SLOT))
    else:
        assert found == set()
        assert [word for word in CANARIES if word in page] == []


def test_rows_were_lost_in_every_way(built):
    publish, out = built
    lost = {}
    for path in sorted((out / "stages").glob("*/dropped.parquet")):
        for line in read_table(path).to_pylist():
            if line["origin"] == "real":
                lost.setdefault(line["filter"], set()).add(line["reason"])
    expected = {"real_rows", "label_conflict", "exact_duplicate", "near_duplicate"}
    assert expected <= set(lost)
    assert {"slots are not valid JSON", "a slot is outside of the text"} <= lost["real_rows"]
    # Rows that are not published may not even be chosen for speech.
    assert set(lost) - expected == ({"too_slow", "render"} if publish else set())


def test_every_row_and_clip_is_accounted_for(built):
    publish, out = built
    assert verify_release(out / "release") == []
    card = (out / "release" / "README.md").read_text(encoding="utf-8")
    facts = json.loads((out / "release" / "release.json").read_text(encoding="utf-8"))
    steps, private = facts["stages"], facts["private"]
    assert steps["clean"]["out"] == sum(facts["rows"].values())
    assert steps["audio_gate"]["out"] == sum(facts["clips"].values())
    for name in ("grammar", "clean", "speech", "audio_gate"):
        step = steps[name]
        assert step["in"] - sum(step["dropped"].values()) == step["out"]
    clean = next((out / "stages").glob("clean-*"))
    kept = read_table(clean / "utterances.parquet")
    assert kept.num_rows == steps["clean"]["out"] + private["rows"]
    clips = read_table(next((out / "stages").glob("audio_gate-*")) / "clips.parquet")
    assert clips.num_rows == steps["audio_gate"]["out"] + private["clips"]
    assert (private["rows"] > 0) == (not publish)
    line = f"export: {private['rows']} rows and {private['clips']} clip"
    assert (line if private["rows"] else "export: 0 rows and 0 clips not published.") in card


def test_reasons_and_notes_of_private_rows_and_clips(tmp_path):
    """Whatever a stage wrote into them: the card tells of what may be published only."""
    ctx = context(tmp_path)
    clips = read_table(ctx.inputs["audio_gate"] / "clips.parquet")
    place = clips["origin"].to_pylist().index("real")
    public = clips["origin"].to_pylist().index("grammar")
    reasons = [f"cannot say {WORD}", "cannot be said"]
    lost = drop_rows(clips, [place, public], stage="speech", filter="verbalise", reasons=reasons)
    write_table(lost, ctx.inputs["speech"] / "dropped.parquet")
    rows = utterances()
    private = [
        dict(line, intent=LABEL, id=f"{number:032x}")
        for number, line in enumerate(rows.to_pylist())
        if line["origin"] == "real"
    ]
    table = pa.Table.from_pylist(private, rows.schema)
    lost = drop_rows(table, [0], stage="grammar", filter="real_rows", reasons=[WORD])
    write_table(lost, ctx.inputs["grammar"] / "dropped.parquet")
    entry = read_json(ctx.inputs["expand"] / "stage.json")
    entry["notes"] = [f"few rows in light, {LABEL}", "few rows in timer"]
    write_json(entry, ctx.inputs["expand"] / "stage.json")
    stage.run(ctx)
    folder = ctx.folder / "release"
    assert telling(folder) == set()
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| speech | verbalise | cannot be said | 1 |" in card
    assert "1 row and 1 clip of that kind had been dropped" in card
    assert "few rows in timer" in card
    assert "1 further note about what is not published" in card
