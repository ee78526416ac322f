"""What `make docs` looks for in the built site."""

from docs.check_site import faults


def site(folder, **pages):
    for name, body in pages.items():
        (folder / f"{name}.html").write_text(f"<html><body>{body}</body></html>")
    return list(faults(folder))


def test_a_whole_site_has_no_faults(tmp_path):
    links = '<a href="b.html#there">b</a> <a href="#here" id="here">c</a> <img src="p.png">'
    (tmp_path / "p.png").write_bytes(b"")
    assert not site(tmp_path, a=links + '<a href="https://example.org">far</a>', b="<p id=there>")


def test_links_pictures_and_anchors_that_lead_nowhere_are_told(tmp_path):
    told = site(tmp_path, a='<a href="b.html#gone">b</a><img src="p.png"><a href="c.html">', b="")
    assert len(told) == 3
    assert "a.html leads to b.html#gone: the page has no such place" in told
    assert "a.html leads to p.png: there is no such file" in told


def test_what_is_fetched_from_elsewhere_is_told(tmp_path):
    (told,) = site(tmp_path, a='<script src="https://cdn.example.org/math.js"></script>')
    assert "everything of the site has to be here" in told


def test_an_empty_site_is_a_fault(tmp_path):
    assert site(tmp_path)
