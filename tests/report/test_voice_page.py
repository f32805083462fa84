from html.parser import HTMLParser

from corpusforge.core.voice_sample import VoiceSample
from corpusforge.report.voice_page import voice_page


def heard(engine="a", name="v", flac=b"fLaC", why_not="", gender="female"):
    return VoiceSample(engine, "formant", name, "en", "MIT", gender, "", "hello", flac, why_not)


class Sources(HTMLParser):
    """Collects what the page would load, and the headings."""

    def __init__(self, page):
        super().__init__()
        self.sources, self.headings = [], []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self._inside = tag
        self.sources += [value for key, value in attrs if key == "src"]

    def handle_data(self, data):
        if self._inside in ("h2", "h3") and data.strip():
            self.headings.append(data)


def test_each_voice_has_a_player_and_nothing_is_fetched():
    page = voice_page([heard(), heard(name="w"), heard("b")], "en", ["apt-get install more"])
    found = Sources(page)
    assert len(found.sources) == 3
    assert all(source.startswith("data:audio/flac;base64,") for source in found.sources)
    assert found.headings == ["a (formant)", "v", "w", "b (formant)", "v", "How to add more"]
    assert "apt-get install more" in page


def test_a_voice_without_sound_is_named_with_its_reason():
    silent = [heard(name=name, flac=b"", why_not="needs a download") for name in ("x", "y")]
    page = voice_page([heard(), *silent], None, [])
    assert "x (en), y (en): needs a download" in page
    assert len(Sources(page).sources) == 1


def test_names_are_text():
    assert "<b>v</b>" not in voice_page([heard(name="<b>v</b>")], "en", [])
