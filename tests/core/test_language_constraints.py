"""The compiled language and constraints between slots, against brute force."""

from hypothesis import HealthCheck, given, settings

from corpusforge.core.language import Language
from corpusforge.core.text import fold
from corpusforge.grammar.compile import compile_language
from tests.grammar.lint.packs import assume_small
from tests.grammar.lint.test_constraints import APART, BLOCKS, pack_with, pack_with_keys, said
from tests.grammar.packs import everything, forms

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@QUIET
@given(BLOCKS, BLOCKS)
def test_texts_are_in_it_when_some_reading_obeys(first, second):
    pack = pack_with_keys(One=first, Two=second)
    assume_small(pack)
    language = compile_language(pack)
    members = {}
    for template, text, slots in said(pack):
        reading = tuple((name, start, end) for name, start, end, _, _ in slots)
        members.setdefault(fold(text), set()).add((template.intent, reading))
    for _, text, _ in list(everything(pack))[:200]:
        found = members.get(fold(text), set())
        assert set(language.intents_of(fold(text))) == {intent for intent, _ in found}
        readings = language.readings(text)
        assert {(r.intent, tuple(map(tuple, r.slots))) for r in readings} == found


@QUIET
@given(BLOCKS)
def test_all_forms_of_what_obeys_are_in_it(blocks):
    pack = pack_with_keys(Go=blocks)
    assume_small(pack)
    language = compile_language(pack)
    right = {(template.id, text) for template, text, _ in said(pack)}
    for template, text, slots in list(everything(pack))[:200]:
        if (template.id, text.lower()) in right:
            assert all(language.contains(form, "Go") for form in forms(text, slots))


def test_symbols_may_have_any_value_and_files_keep_constraints(tmp_path):
    pack = pack_with(Go=[(["from {city:a} to {city:b}", "go"], APART[0])])
    compile_language(pack).save(tmp_path / "a.json")
    language = Language.load(tmp_path / "a.json")
    assert language.contains("from {a} to {b}") and language.contains("from {a} to rome")
    assert language.contains("from rome to oslo") and language.contains("go")
    assert not language.contains("from rome to rome") and not language.readings("from Rome to Rome")
    assert not language.contains("from lutetia to paris")  # which is the same city
    language.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
