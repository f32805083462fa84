"""What an author wrote for a list with bounds, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.said import LANGUAGES, Usage, usage

if TYPE_CHECKING:
    from corpusforge.core.cldr import Cldr, Numerals
    from corpusforge.grammar.pack import Source

__all__ = ["MAX_TEXTS", "Bounds"]

MAX_TEXTS = 20_000
"""Of one list; each is spelled out."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The body of a list, for example what stands under `time:`.

    Attributes:
        name: Of the list.
        body: Its keys.
        where: Of the body.
        lang: BCP-47 tag.
        data: Of the language.
    """

    name: str
    body: Mapping[str, Any]
    where: Source
    lang: str
    data: Cldr

    @property
    def usage(self) -> Usage | None:
        """How the language says what CLDR has no words for; not in other scripts than its own."""
        return None if self.data.script else usage(self.data.lang)

    @property
    def plain_numerals(self) -> Numerals | None:
        """Number words that can stand before any noun: of languages without genders and cases."""
        numerals = self.data.numerals
        known = numerals is not None and not numerals.inflected and not self.data.script
        return numerals if known else None

    def forms(self, default: str) -> list[str]:
        """The forms that are wanted, in their order."""
        return list(dict.fromkeys(self.body.get("forms", [default])))

    def check_size(self, values: int) -> None:
        """Refuse more values than can be spelled out.

        Raises:
            InputError: With what to do.
        """
        texts = values * len(self.forms(""))
        if texts > MAX_TEXTS:
            raise InputError(
                f"the list {{{self.name}}} has {texts:,} texts, more than {MAX_TEXTS:,}",
                position=self.where.document.key_position(self.where.path),
                hint="take larger steps, bounds nearer to each other or fewer forms",
            )

    def letters(self, spoken: str) -> str:
        """Words as recognisers write them: "AM" is "a m"."""
        letters = self.usage.letters if self.usage is not None else {}
        return " ".join(letters.get(word, word) for word in spoken.split(" "))

    def at(self, *keys: str | int) -> Position:
        """The place of a key's value."""
        return self.where.document.position((*self.where.path, *keys))

    def error(self, message: str, *keys: str | int, hint: str = "") -> InputError:
        """Something wrong with the value of a key."""
        return InputError(
            f"the list {{{self.name}}}: {message}", position=self.at(*keys), hint=hint
        )

    def no_form(self, form: str, why: str, hint: str = "") -> InputError:
        """A form that cannot be made."""
        wanted = self.body.get("forms", [])
        keys = ("forms", wanted.index(form)) if form in wanted else ()
        return self.error(f"the form {form!r} {why}", *keys, hint=hint)

    def no_words(self, form: str) -> InputError:
        """A form for which the words of the language are not known."""
        why = f"is not known for the language {self.lang!r}"
        known = ", ".join(LANGUAGES)
        hint = f"known are {known}; remove it, or write the values out under 'values:'"
        return self.no_form(form, why, hint)

    def ends_before(self, first: str, last: str) -> InputError:
        """`to` lies before `from`."""
        return self.error(f"it ends before it starts: from {first} to {last}", "to")
