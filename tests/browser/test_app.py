"""The API: answers, limits, refusals; whatever comes in, it goes on answering."""

import asyncio
import io
import threading
import time

import httpx
import numpy as np
import pytest
from PIL import Image

from tests.data_pipelines.pictures import encode, picture
from tests.encoders.colours import ColourEncoder
from tfretrieval.browser import app as module
from tfretrieval.browser.app import application

PICTURE = encode(picture("wren/1.jpg"))


class Client:
    """Calls an application as a server would."""

    def __init__(self, app):
        self.app = app

    def __call__(self, method, url, **options):
        async def call():
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, url, **options)

        return asyncio.run(call())


def held_encoder():
    """An encoder that waits, and the event that lets it go on."""
    encoder, go_on = ColourEncoder(), threading.Event()
    sound = encoder._encode

    def slow(contents, sketches):
        go_on.wait(5)
        return sound(contents, sketches)

    encoder._encode = slow
    return encoder, go_on


@pytest.fixture
def client(index):
    return Client(application(index, ColourEncoder(looks=True)))


def test_a_picture_finds_itself_and_where_it_was_looked_at(client, index):
    answer = client("POST", "/api/search?k=3", content=PICTURE)
    assert answer.status_code == 200
    found = answer.json()
    assert len(found["answers"]) == 3 and set(found["seconds"]) == {"encode", "search"}
    first = found["answers"][0]
    assert (first["name"], first["label"], first["distance"]) == ("wren/1.jpg", "wren", 0)
    assert first["cosine"] == 1 and index.pictures[first["place"]].name == "wren/1.jpg"
    assert found["box"] == pytest.approx([0.1, 0.2, 0.8, 0.9])


def test_one_of_the_index_finds_the_same_without_being_encoded(client, index):
    place = [p.name for p in index.pictures].index("wren/1.jpg")
    by_place = client("GET", f"/api/search/{place}?k=4").json()["answers"]
    by_file = client("POST", "/api/search?k=4", content=PICTURE).json()["answers"]
    assert [one["name"] for one in by_place] == [one["name"] for one in by_file]


def test_what_is_said_to_be_a_sketch_is_encoded_as_one(client):
    photo = client("POST", "/api/search?k=1", content=PICTURE).json()["answers"][0]
    sketch = client("POST", "/api/search?k=1&sketch=true", content=PICTURE).json()["answers"][0]
    assert photo["distance"] == 0 < sketch["distance"]
    assert client("GET", "/api/about").json()["knows_sketches"] is False


def test_a_radius_leaves_what_is_near(client, index):
    near = client("POST", "/api/search?radius=0&k=9", content=PICTURE).json()["answers"]
    assert {one["distance"] for one in near} == {0} and near[0]["cosine"] is None
    everything = client("POST", "/api/search?radius=12&k=9", content=PICTURE).json()["answers"]
    assert len(everything) == 5


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_pictures_of_every_format_are_read(client, kind):
    content = encode(picture("x"), kind)
    assert client("POST", "/api/search", content=content).status_code == 200


def bomb():
    """A PNG of a few hundred bytes that announces 400 million pixels."""
    whole = bytearray(encode(Image.new("L", (8, 8)), "PNG"))
    whole[16:24] = (20_000).to_bytes(4, "big") * 2
    return bytes(whole)


@pytest.mark.parametrize(
    "content, status, told",
    [
        (b"", 400, "empty"),
        (b"hello", 415, "no known picture format"),
        (encode(picture("c", 200, 200))[:400], 415, "truncated"),
        (bomb(), 415, "not read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "no known picture format"),
        (b"x" * (module.MAX_BYTES + 1), 413, "20 MB"),
    ],
    ids=["empty", "text", "cut", "bomb", "svg", "large"],
)
def test_what_is_no_picture_is_refused_in_a_line_and_the_next_is_answered(
    client, content, status, told
):
    answer = client("POST", "/api/search", content=content)
    assert answer.status_code == status and told in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]
    assert client("POST", "/api/search", content=PICTURE).status_code == 200


def test_an_upload_without_a_length_is_counted_as_it_comes(client):
    async def endless():
        while True:
            yield b"x" * (1 << 20)

    assert client("POST", "/api/search", content=endless()).status_code == 413


def test_a_slow_upload_is_given_up(client, monkeypatch):
    monkeypatch.setattr(module, "UPLOAD_SECONDS", 0.05)

    async def slow():
        for byte in PICTURE:
            await asyncio.sleep(0.01)
            yield bytes([byte])

    assert client("POST", "/api/search", content=slow()).status_code == 408
    assert client("POST", "/api/search", content=PICTURE).status_code == 200


def test_a_hundred_at_once_are_all_answered_and_encoded_in_few_batches(index):
    encoder = ColourEncoder()
    app = application(index, encoder)

    async def post():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            calls = [client.post("/api/search?k=1", content=PICTURE) for _ in range(100)]
            return await asyncio.gather(*calls)

    answers = asyncio.run(post())
    assert [answer.status_code for answer in answers] == [200] * 100
    assert {answer.json()["answers"][0]["name"] for answer in answers} == {"wren/1.jpg"}
    assert sum(encoder.calls) == 100 and len(encoder.calls) < 50


def test_too_many_waiting_are_sent_away(index, monkeypatch):
    from tfretrieval.browser import batching

    monkeypatch.setattr(batching, "WAITING", 2)
    encoder, go_on = held_encoder()
    app = application(index, encoder)

    async def post():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            calls = [
                asyncio.create_task(client.post("/api/search", content=PICTURE)) for _ in range(40)
            ]
            while sum(call.done() for call in calls) < 10:
                await asyncio.sleep(0.01)
            go_on.set()
            return await asyncio.gather(*calls)

    found = {answer.status_code for answer in asyncio.run(post())}
    assert found == {200, 503}


@pytest.mark.parametrize(
    "url", ["/pictures/99", "/pictures/-1", "/api/search/99", "/static/app.py", "/static/none"]
)
def test_what_is_not_there_is_not_found(client, url):
    assert client("GET", url).status_code == 404


@pytest.mark.parametrize(
    "url",
    [
        "/pictures/../../etc/passwd",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/pictures/0%2f..",
    ],
)
def test_no_path_leads_out(client, url):
    answer = client("GET", url)
    assert answer.status_code in (404, 422) and b"root:" not in answer.content


@pytest.mark.parametrize("query", ["k=0", "k=9999", "radius=-1", "k=x"])
def test_settings_out_of_range_are_refused(client, query):
    assert client("POST", f"/api/search?{query}", content=PICTURE).status_code == 422


def test_a_picture_is_shown_small_as_jpeg(client, index):
    (index.root / "finch/2.png").write_bytes(encode(picture("big", 600, 900, "RGBA"), "PNG"))
    place = [p.name for p in index.pictures].index("finch/2.png")
    answer = client("GET", f"/pictures/{place}")
    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (256, 171)
    (index.root / "finch/2.png").unlink()
    assert client("GET", f"/pictures/{place}").status_code == 404


def test_nothing_on_the_page_comes_from_elsewhere(client):
    page = client("GET", "/")
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for name in ("page.js", "page.css", "icon.svg"):
        assert f"/static/{name}" in page.text
        content = client("GET", f"/static/{name}").text.replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in content and "https://" not in content
    assert "http" not in page.text


def test_with_a_token_nobody_else_is_let_in(index):
    client = Client(application(index, ColourEncoder(), token="secret"))
    assert client("GET", "/api/about").status_code == 401
    assert client("POST", "/api/search", content=PICTURE).status_code == 401
    assert client("GET", "/pictures/0?token=secret").status_code == 401
    wrong = {"Authorization": "Bearer wrong"}
    assert client("GET", "/api/about", headers=wrong).status_code == 401
    right = {"Authorization": "Bearer secret"}
    assert client("GET", "/api/about", headers=right).status_code == 200
    opened = client("GET", "/?token=secret")
    assert opened.status_code == 303 and opened.headers["location"] == "/"
    cookie = opened.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    given = {"Cookie": cookie.partition(";")[0]}
    assert client("GET", "/", headers=given).status_code == 200
    assert client("GET", "/health").status_code == 200


def test_what_it_is_how_it_is_and_what_it_did(client):
    about = client("GET", "/api/about").json()
    assert (about["pictures"], about["bits"], about["encoder"]) == (5, 12, "colours")
    client("POST", "/api/search", content=PICTURE)
    client("POST", "/api/search", content=b"hello")
    assert client("GET", "/health").json() == {"status": "ok", "pictures": 5, "waiting": 0}
    metrics = dict(line.rsplit(" ", 1) for line in client("GET", "/metrics").text.splitlines())
    assert metrics['tfretrieval_responses_total{status="415"}'] == "1"
    assert metrics["tfretrieval_answers_total"] == "1"
    assert float(metrics['tfretrieval_seconds_total{part="encode"}']) > 0


def test_the_api_is_described(client):
    described = client("GET", "/openapi.json").json()
    assert {"/api/search", "/api/search/{place}", "/pictures/{place}", "/health"} <= set(
        described["paths"]
    )
    assert "image/*" in described["paths"]["/api/search"]["post"]["requestBody"]["content"]


def test_encoding_does_not_hold_up_other_requests(index):
    encoder, go_on = held_encoder()
    app = application(index, encoder)

    async def both():
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            posted = asyncio.create_task(client.post("/api/search", content=PICTURE))
            await asyncio.sleep(0.05)
            start = time.monotonic()
            health = await client.get("/health")
            waited = time.monotonic() - start
            go_on.set()
            return health, (await posted), waited

    health, answer, waited = asyncio.run(both())
    assert health.status_code == answer.status_code == 200 and waited < 4
    assert np.isfinite(answer.json()["seconds"]["encode"])
