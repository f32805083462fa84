"""What a block asks of its sentences beside their words: roles, constraints, wording.

    roles: {from_city: {slot: city, role: departure}}    # how rows name a slot
    constraints: [{different: [from_city, to_city]}]     # what must hold between values
    wording: {contractions: 0.5, politeness: 0.2}        # other ways to word every sentence

`agree` becomes alternatives, one per agreement class; `equal` and `different` are kept for
`constrained`. Slots are named as the sentences write them, also where roles give them other names
in rows; `agree` also takes lists without a slot, by the name of the list. Slots that roles give one
name, role and group are one slot to constraints: naming one of them names all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document
from corpusforge.grammar.constrained import MAX_CONSTRAINED_VALUES
from corpusforge.grammar.expression import (
    NEVER,
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    references,
)
from corpusforge.grammar.pack import Constraint, Scope, Template, ValueList, find_list
from corpusforge.grammar.rewriting import Rewriter
from corpusforge.grammar.sizes import Sizes, has_weights
from corpusforge.grammar.slot_labels import slot_label, split_label
from corpusforge.grammar.wording import LANGUAGES, Wording, phrases_of, reworded

__all__ = ["Keys", "check_keys", "read_keys", "with_keys"]

_Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Keys:
    """The keys of one block.

    Attributes:
        document: Where they stand.
        path: Of the block.
        roles: Slot as written -> label.
        constraints: Kind, and slots and lists as written.
        wording: How often each kind of variant is taken, 0 to 1.
        wording_path: Of what `wording` stands in: the block, its intent, the file.
    """

    document: Document
    path: _Path
    roles: Mapping[str, str]
    constraints: tuple[tuple[str, tuple[str, ...]], ...]
    wording: Wording
    wording_path: _Path = ()

    def __bool__(self) -> bool:
        """Say whether anything is asked."""
        return bool(self.roles or self.constraints or self.wording)


def read_keys(document: Document, path: _Path, bodies: Sequence[Mapping[str, Any]]) -> Keys:
    """The keys of a block whose structure has been checked.

    Args:
        document: The file.
        path: Of the block.
        bodies: The block, its intent, the file: the first of them with `wording` counts.
    """
    block = bodies[0]
    roles = {
        slot: slot_label(body.get("slot", slot), body.get("role", ""), body.get("group", ""))
        for slot, body in (block.get("roles") or {}).items()
    }
    constraints = tuple(
        (kind, tuple(names))
        for entry in block.get("constraints") or ()
        for kind, names in entry.items()
    )
    levels = zip(bodies, (path, path[:-2], ()), strict=True)
    at, wording = next(
        ((place, body["wording"] or {}) for body, place in levels if "wording" in body), ((), {})
    )
    shares = {kind: float(share) for kind, share in wording.items()}
    return Keys(document, path, roles, constraints, shares, at)


def check_keys(keys: Keys, templates: Sequence[Template], lang: str) -> Iterator[InputError]:
    """Names that no sentence of the block has, lists that are too long, unknown languages.

    Args:
        keys: Of the block.
        templates: Its sentences, whose references lead somewhere.
        lang: BCP-47 tag of the pack.
    """
    if keys.wording and phrases_of(lang) is None:
        yield InputError(
            f"'wording' has no phrases for the language {lang}",
            position=keys.document.key_position((*keys.wording_path, "wording")),
            allowed=sorted(LANGUAGES),
            hint="write the variants into the sentences",
        )
    named: dict[str, ListReference] = {}
    for template in templates:
        named.update(_named(template.written, template.scope))
    slots = {name for name, reference in named.items() if reference.slot}
    for slot in keys.roles:
        if slot not in slots:
            at = keys.document.key_position((*keys.path, "roles", slot))
            yield _unknown("slot", slot, slots, at)
    for number, (kind, names) in enumerate(keys.constraints):
        if kind == "agree":
            scope = templates[0].scope  # one for the block
            classes = _classes(named, frozenset(names), scope)
            lists = [find_list(named[name], scope) for name in names if name in named]
            if not any(all(_fits(values, one) for values in lists) for one in classes):
                yield InputError(
                    "no agreement class stands in all of these lists"
                    if classes
                    else "no value of these lists has an agreement class",
                    position=keys.document.key_position((*keys.path, "constraints", number, kind)),
                    hint="give values a class, as in {in: lamp, agreement: f}",
                )
        for index, name in enumerate(names):
            at = keys.document.position((*keys.path, "constraints", number, kind, index))
            if name not in (named if kind == "agree" else slots):
                hint = _not_by_role(name, keys.roles)
                yield _unknown("slot", name, named if kind == "agree" else slots, at, hint)
            elif kind != "agree":
                values = find_list(named[name], templates[0].scope)
                size = len(values.range or values.values) if values is not None else 0
                if size > MAX_CONSTRAINED_VALUES:
                    yield InputError(
                        f"the list of the slot {name!r} has {size:,} values, too many to compare",
                        position=at,
                        hint=f"at most {MAX_CONSTRAINED_VALUES:,}; shorten it, or use 'agree' with "
                        "agreement classes",
                    )


def with_keys(template: Template, keys: Keys, lang: str) -> Template:
    """A template with all that its block asks; its references must lead somewhere."""
    expression = template.expression
    for names in _joined_classes(keys.constraints):
        expression = _agreeing(expression, template.scope, names)
    if keys.roles:
        expression = Rewriter(template.scope, reference=_relabelled(keys.roles))(expression)
    if keys.wording:
        expression = reworded(expression, template.scope, lang, keys.wording)
    constraints = frozenset(
        Constraint("equal" if kind == "equal" else "different", _labels(names, keys.roles))
        for kind, names in keys.constraints
        if kind != "agree"
    )
    return replace(template, expression=expression, constraints=constraints)


def _labels(names: Sequence[str], roles: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({roles.get(name, name) for name in names}))


def _relabelled(roles: Mapping[str, str]) -> Any:
    def change(reference: ListReference) -> Expression:
        label = roles.get(reference.slot)
        return reference if label is None else replace(reference, slot=label)

    return change


def _joined_classes(constraints: Sequence[tuple[str, tuple[str, ...]]]) -> list[frozenset[str]]:
    """Names that agree with each other; who agrees with one of them agrees with all."""
    groups: list[frozenset[str]] = []
    for kind, names in constraints:
        if kind == "agree":
            group = frozenset(names)
            for other in [g for g in groups if g & group]:
                groups.remove(other)
                group |= other
            groups.append(group)
    return groups


def _agreeing(expression: Expression, scope: Scope, names: frozenset[str]) -> Expression:
    """One alternative for each agreement class of the lists of some slots."""
    classes = _classes(_named(expression, scope), names, scope)

    def of(agreement: str) -> Expression:
        def change(reference: ListReference) -> Expression:
            if _name(reference) not in names:
                return reference
            values = find_list(reference, scope)
            if values is None or not values.values:
                return reference  # a range or a wildcard has no classes
            fits = _fits(values, agreement)
            return replace(reference, agreement=agreement) if fits else NEVER

        return Rewriter(scope, reference=change)(expression)

    made = [item for item in dict.fromkeys(map(of, classes)) if item != NEVER]
    if not classes:
        return expression
    if len(made) < 2 or not has_weights(expression, scope, {}):
        return made[0] if len(made) == 1 else Alternative(tuple(made))
    # Beside weights, each class has the share that its values have without `agree`.
    weights = dict(zip(made, Sizes(scope).weights(made), strict=True))
    said = tuple(item for item in made if weights[item])
    return Alternative(said, tuple(weights[item] for item in said))


def _fits(values: ValueList | None, agreement: str) -> bool:
    """Say whether a list has values of a class; ranges and wildcards have of all."""
    if values is None or not values.values:
        return True
    return any(value.agrees(agreement) for value in values.values)


def _classes(
    named: Mapping[str, ListReference], names: frozenset[str], scope: Scope
) -> dict[str, None]:
    """The agreement classes of the lists of some slots, in order."""
    classes: dict[str, None] = {}
    for name, reference in named.items():
        values = find_list(reference, scope) if name in names else None
        for value in values.values if values is not None else ():
            if value.agreement:
                classes[value.agreement] = None
    return classes


def _named(expression: Expression, scope: Scope) -> dict[str, ListReference]:
    """The slots of an expression, and its lists without a slot, by the names that keys use."""
    found: dict[str, ListReference] = {}
    waiting, seen = [expression], set[str]()
    while waiting:
        for reference in references(waiting.pop()):
            if isinstance(reference, ListReference):
                found.setdefault(_name(reference), reference)
            elif isinstance(reference, RuleReference) and reference.rule not in seen:
                seen.add(reference.rule)
                waiting.append(scope.rules[reference.rule].expression)
    return found


def _name(reference: ListReference) -> str:
    return reference.slot or reference.list


def _not_by_role(name: str, roles: Mapping[str, str]) -> str:
    """What to write where a constraint names a slot as rows do."""
    meant = [slot for slot, label in roles.items() if name in split_label(label)]
    if not meant:
        return ""
    return f"constraints name slots as the sentences write them; {name!r} is of {', '.join(meant)}"


def _unknown(kind: str, name: str, known: Any, at: Any, hint: str = "") -> InputError:
    return InputError(
        f"no sentence of this block has a {kind} {name!r}",
        position=at,
        given=name,
        allowed=sorted(known),
        hint=hint,
    )
