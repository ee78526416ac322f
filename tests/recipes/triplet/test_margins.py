from recipes.triplet.margins import ADAPTIVE, fixed, is_fixed, shown, triplet_heads
from recipes.triplet.settings import PaperSettings
from tfretrieval.losses import AdaptiveTripletLoss, TripletLoss


def test_every_margin_and_every_reading_of_margin1_has_a_head():
    heads = triplet_heads(PaperSettings(bits=32))
    tried = [head.loss for label, head in heads.items() if is_fixed(label)]
    assert all(isinstance(loss, TripletLoss) for loss in tried)
    assert [(loss.margin, loss.squared) for loss in tried] == [
        *((margin, False) for margin in (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)),
        (8.0, True),
    ]
    adaptive = {label: head for label, head in heads.items() if not is_fixed(label)}
    assert all(isinstance(head.loss, AdaptiveTripletLoss) for head in adaptive.values())
    assert {label: (h.loss.margin, h.scope) for label, h in adaptive.items()} == {
        ADAPTIVE: ("given", "mined"),
        "adaptive-batch": ("batch", "mined"),
        "adaptive-all_pairs": ("given", "all_pairs"),
    }


def test_a_label_is_shown_as_its_margin():
    assert (shown(fixed(0.25)), shown("fixed-8-squared")) == ("0.25", "8, squared")


def test_the_other_readings_can_be_left_out():
    heads = triplet_heads(PaperSettings(margins=(1.0, 4.0), margin=4.0, readings=False))
    assert list(heads) == ["fixed-1", "fixed-4", ADAPTIVE]
