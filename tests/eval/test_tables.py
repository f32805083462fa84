from eval.tables import HERE, page


def test_results_are_what_their_json_files_say():
    written = (HERE / "RESULTS.md").read_text(encoding="utf-8")
    assert written == page(HERE / "results"), "run python -m eval.tables"
