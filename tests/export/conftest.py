import pytest

from corpusforge.export import stage
from tests.export.corpus import context


@pytest.fixture(scope="session")
def release_folder(tmp_path_factory):
    """A finished release of the small corpus; read only."""
    ctx = context(tmp_path_factory.mktemp("run"))
    stage.run(ctx)
    return ctx.folder / "release"


@pytest.fixture(scope="session")
def hub(tmp_path_factory):
    """`datasets` without network, bars and shared caches."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    cache = str(tmp_path_factory.mktemp("hub"))

    def load(folder, name=None):
        return datasets.load_dataset(str(folder), name, cache_dir=cache)

    return load
