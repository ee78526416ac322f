def test_figures_of_both_inputs_are_drawn(compared):
    drawn = {file.name for file in (compared / "seed-0/figures").iterdir()}
    assert drawn == {
        f"{name}_{reads}.png"
        for name in ("map_by_bits", "radius_2_by_bits", "precision_recall", "time")
        for reads in ("features", "probabilities")
    }
    assert all((compared / "seed-0/figures" / name).stat().st_size > 10_000 for name in drawn)
