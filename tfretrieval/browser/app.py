"""The page and the API: a picture in, the pictures that are like it out."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import importlib.resources
import io
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import numpy as np
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from PIL import Image, ImageOps
from pydantic import BaseModel

from tfretrieval.browser.batching import Batcher, Busy
from tfretrieval.convert import readable
from tfretrieval.encoders import Encoder
from tfretrieval.images import MAX_PIXELS
from tfretrieval.search import Found, PictureIndex

# Of an upload; bytes, and seconds in which all of them must have come.
MAX_BYTES, UPLOAD_SECONDS = 20 << 20, 20.0
MAX_ANSWERS, THUMBNAIL = 200, 256
COOKIE = "tfretrieval_token"
# Nothing comes from elsewhere; pictures that were dropped are shown from memory.
POLICY = "default-src 'self'; img-src 'self' blob:; object-src 'none'; frame-ancestors 'none'"
STATIC = {
    "page.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


class Neighbour(BaseModel):
    """A picture that was found."""

    place: int
    name: str
    label: str
    distance: int
    cosine: float | None


class Answer(BaseModel):
    """What a picture found.

    `box` is what of the query was looked at (ymin, xmin, ymax, xmax in 0 to 1), `seconds` how long
    encoding, waiting for others included, and searching took.
    """

    answers: list[Neighbour]
    box: list[float] | None
    seconds: dict[str, float]


class About(BaseModel):
    """What is searched."""

    pictures: int
    bits: int
    encoder: str
    folder: str
    knows_sketches: bool


def application(index: PictureIndex, encoder: Encoder, token: str | None = None) -> FastAPI:
    """The ASGI application of an index.

    Args:
        encoder: of the index.
        token: what a client must give, as ``Authorization: Bearer TOKEN`` or once as
            ``/?token=TOKEN``; nobody needs one by default.
    """
    batcher, counts = Batcher(encoder), Counter[str]()
    seconds: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        await batcher.close()

    app = FastAPI(
        title="tfretrieval",
        description="Search a folder of pictures by a picture.",
        lifespan=lifespan,
        # Their pages fetch scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )

    @app.middleware("http")
    async def guarded(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        if token is not None and request.url.path != "/health":
            given = request.query_params.get("token")
            if given is not None and request.url.path == "/" and _same(given, token):
                answer: Response = RedirectResponse("/", status_code=303)
                answer.set_cookie(COOKIE, token, httponly=True, samesite="strict")
                return answer
            if not _same(_token_of(request), token):
                counts["401"] += 1
                return JSONResponse({"detail": "a token is wanted"}, status_code=401)
        response = await call(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        counts[str(response.status_code)] += 1
        return response

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return Response(_static("page.html"), media_type="text/html; charset=utf-8")

    @app.get("/static/{name}", include_in_schema=False)
    async def static(name: str) -> Response:
        if name not in STATIC:
            raise HTTPException(404, "there is no such file")
        return Response(_static(name), media_type=STATIC[name])

    @app.get("/api/about")
    async def about() -> About:
        """What is searched."""
        name = index.about["encoder"]["name"]
        return About(
            pictures=len(index),
            bits=index.bits,
            encoder=name,
            folder=str(index.root),
            knows_sketches=encoder.knows_sketches,
        )

    @app.post("/api/search", openapi_extra={"requestBody": {"content": {"image/*": {}}}})
    async def search(
        request: Request,
        k: Annotated[int, Query(ge=1, le=MAX_ANSWERS)] = 24,
        radius: Annotated[int | None, Query(ge=0)] = None,
        rerank: bool = True,
        sketch: bool = False,
    ) -> Answer:
        """The pictures nearest to the one in the body, a picture file of any usual format.

        With `radius` those that differ in at most so many bits, `k` of them at most. `sketch` says
        to a model that knows sketches that it is one.
        """
        contents = await _body(request)
        start = time.perf_counter()
        try:
            encoded = await batcher.encode(contents, sketch)
        except Busy as error:
            raise HTTPException(503, str(error)) from error
        except ValueError as error:
            raise HTTPException(415, f"not read: {error}") from error
        between = time.perf_counter()
        assert encoded.packed is not None
        found = await asyncio.to_thread(
            _find, index, encoded.packed, encoded.features if rerank else None, k, radius
        )
        taken = {"encode": between - start, "search": time.perf_counter() - between}
        seconds.update(taken)
        seconds["answers"] += 1
        box = None if encoded.boxes is None else [float(edge) for edge in encoded.boxes[0]]
        return Answer(answers=_neighbours(index, found), box=box, seconds=taken)

    @app.get("/api/search/{place}")
    async def search_by(
        place: int,
        k: Annotated[int, Query(ge=1, le=MAX_ANSWERS)] = 24,
        radius: Annotated[int | None, Query(ge=0)] = None,
        rerank: bool = True,
    ) -> Answer:
        """The pictures nearest to one of the index, by its place."""
        _check(place, index)
        start = time.perf_counter()
        features = np.asarray(index.features[place : place + 1], np.float32)
        found = await asyncio.to_thread(
            _find,
            index,
            np.asarray(index.codes[place : place + 1]),
            features if rerank else None,
            k,
            radius,
        )
        taken = {"encode": 0.0, "search": time.perf_counter() - start}
        return Answer(answers=_neighbours(index, found), box=None, seconds=taken)

    @app.get("/pictures/{place}", response_class=Response)
    async def picture(place: int) -> Response:
        """A small version of a picture of the index, as JPEG."""
        _check(place, index)
        try:
            contents = await asyncio.to_thread(_thumbnail, index, place)
        except (OSError, ValueError) as error:
            raise HTTPException(404, "its file is gone, or is no picture any more") from error
        headers = {"Cache-Control": "private, max-age=3600"}
        return Response(contents, media_type="image/jpeg", headers=headers)

    @app.get("/health")
    async def health() -> dict[str, Any]:
        """That the server answers."""
        return {"status": "ok", "pictures": len(index), "waiting": batcher.waiting}

    @app.get("/metrics", response_class=PlainTextResponse)
    async def metrics() -> str:
        """Counts and seconds in Prometheus's text format."""
        lines = [
            *(
                f'tfretrieval_responses_total{{status="{s}"}} {n}'
                for s, n in sorted(counts.items())
            ),
            f"tfretrieval_pictures_encoded_total {batcher.pictures}",
            f"tfretrieval_batches_total {batcher.batches}",
            f"tfretrieval_waiting {batcher.waiting}",
            f"tfretrieval_indexed {len(index)}",
            f"tfretrieval_answers_total {seconds['answers']}",
            *(
                f'tfretrieval_seconds_total{{part="{part}"}} {seconds[part]:.6f}'
                for part in ("encode", "search")
            ),
        ]
        return "\n".join(lines) + "\n"

    return app


async def _body(request: Request) -> bytes:
    """The whole upload, if it is small enough and comes soon enough."""
    too_large = HTTPException(413, f"a picture may have {MAX_BYTES >> 20} MB")
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise too_large
    contents = bytearray()

    async def read() -> None:
        async for chunk in request.stream():
            contents.extend(chunk)
            if len(contents) > MAX_BYTES:
                raise too_large

    try:
        await asyncio.wait_for(read(), UPLOAD_SECONDS)
    except (asyncio.TimeoutError, TimeoutError):
        raise HTTPException(408, f"the picture did not come in {UPLOAD_SECONDS:g} s") from None
    if not contents:
        raise HTTPException(400, "the body is empty: send a picture file")
    return bytes(contents)


def _find(
    index: PictureIndex,
    packed: np.ndarray,
    features: np.ndarray | None,
    k: int,
    radius: int | None,
) -> Found:
    if radius is None:
        return index.search(packed, k, features)[0]
    found = index.range_search(packed, radius)[0]
    return Found(found.places[:k], found.distances[:k])


def _neighbours(index: PictureIndex, found: Found) -> list[Neighbour]:
    answers = []
    for rank, (place, distance) in enumerate(zip(found.places, found.distances, strict=True)):
        picture = index.pictures[place]
        cosine = None if found.cosines is None else round(float(found.cosines[rank]), 4)
        answers.append(
            Neighbour(
                place=int(place),
                name=picture.name,
                label=picture.label,
                distance=int(distance),
                cosine=cosine,
            )
        )
    return answers


def _thumbnail(index: PictureIndex, place: int) -> bytes:
    contents = index.path(place).read_bytes()
    opened: Image.Image = Image.open(io.BytesIO(readable(contents)))
    if opened.width * opened.height > MAX_PIXELS:
        raise ValueError("too many pixels")
    opened.draft("RGB", (THUMBNAIL, THUMBNAIL))
    turned = ImageOps.contain(opened.convert("RGB"), (THUMBNAIL, THUMBNAIL))
    buffer = io.BytesIO()
    turned.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _check(place: int, index: PictureIndex) -> None:
    if not 0 <= place < len(index.codes):
        raise HTTPException(404, f"the index has {len(index.codes)} pictures, from 0 on")


def _token_of(request: Request) -> str:
    """What a client gives."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return given if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _static(name: str) -> bytes:
    return importlib.resources.files("tfretrieval.browser").joinpath(name).read_bytes()
