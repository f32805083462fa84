import pytest

from corpusforge.speech.protobuf import encoded_field, fields


def test_fields_come_back():
    inner = encoded_field(2, 300) + encoded_field(3, b"x" * 200)
    message = encoded_field(1, b"name") + encoded_field(400, inner)
    name, whole = fields(memoryview(message))
    assert (name.number, bytes(name.content)) == (1, b"name")
    assert whole.number == 400 and bytes(whole.content) == inner
    assert bytes(name.whole) + bytes(whole.whole) == message
    number, text = fields(whole.content)
    assert (number.number, bytes(number.content)) == (2, b"")
    assert bytes(text.content) == b"x" * 200


def test_fixed_widths_are_passed_over():
    message = b"\x0d" + bytes(4) + b"\x11" + bytes(8) + encoded_field(3, b"end")
    assert [(field.number, len(field.whole)) for field in fields(memoryview(message))] == [
        (1, 5),
        (2, 9),
        (3, 5),
    ]


def test_groups_are_refused():
    with pytest.raises(ValueError, match="wire type 3"):
        list(fields(memoryview(b"\x0b")))
