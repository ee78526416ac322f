def test_each_input_has_figures(compared):
    drawn = {file.name for file in (compared / "seed-0/figures").iterdir()}
    assert drawn == {
        f"{name}_{reads}.png"
        for name in ("map_by_bits", "radius_2_by_bits", "precision_recall", "time")
        for reads in ("features", "probabilities")
    }
