import numpy as np

from corpusforge.core.mel_filters import mel_filters, triangles


def test_neighbours_sum_to_one_between_the_outer_peaks():
    filters = mel_filters(40, 512, 16000, 60.0, 7600.0)
    assert filters.shape == (257, 40)
    hertz = np.fft.rfftfreq(512, 1 / 16000)
    peaks = hertz[filters.argmax(axis=0)]
    inside = (hertz > peaks[0] + 50) & (hertz < peaks[-1] - 300)
    assert np.allclose(filters[inside].sum(axis=1), 1.0)
    assert not filters[(hertz < 60) | (hertz > 7600)].any()


def test_a_triangle_stands_on_its_edges():
    found = triangles(np.array([0.0, 1.0, 1.5, 2.0, 3.0, 5.0]), np.array([1.0, 2.0, 4.0]))
    assert found[:, 0].tolist() == [0.0, 0.0, 0.5, 1.0, 0.5, 0.0]
