"""Request bodies: how large they may be, and how files are taken from them without ever being written down readable."""

from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any, Never, Protocol

import flask
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest
from werkzeug.exceptions import RequestEntityTooLarge as TooLarge
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

TEXT_LIMIT = 2 * 1024 * 1024
"""Bytes of text that one form can hold, all fields together."""

PARTS_LIMIT = 200
"""Fields and files of one form."""

_PIECE = 64 * 1024


def _without_nul(text: str) -> str:
    return text.replace("\0", "")


class _Typed(ImmutableMultiDict[str, str]):
    """Fields without the character that nobody types, which PostgreSQL takes in no text."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__([(name, _without_nul(text)) for name, text in fields])


class Request(flask.Request):
    """Refuses files wherever a view does not take them by `read_form`: the parser would write them to a temporary file.

    And bodies that are cut short: what a server says of the end of its input is put aside, so that Content-Length alone counts.
    Half a message is not to be taken for the whole. (A body without it, in chunks, is empty: no browser sends a form so.)
    """

    parameter_storage_class = _Typed

    def __init__(self, environ: dict[str, Any], *arguments: Any, **options: Any) -> None:
        environ.pop("wsgi.input_terminated", None)
        super().__init__(environ, *arguments, **options)

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> Never:
        del total_content_length, content_type, filename, content_length
        raise BadRequest


class FileSink(Protocol):
    """Takes one file as it arrives."""

    def write(self, data: bytes, /) -> object: ...

    def finish(self) -> None: ...


TakeFile = Callable[[str, str], FileSink]
"""Given what the browser says of a file, its name and its media type, returns what takes it."""


def read_form(request: flask.Request, limit: int, take_file: TakeFile) -> MultiDict[str, str]:
    """Reads a form of at most `limit` bytes, and hands each file on piece by piece. Memory: the text, and a few pieces.

    Raises BadRequest when the body is not a form or is cut short, TooLarge beyond `limit`, TEXT_LIMIT or PARTS_LIMIT.
    """
    if request.mimetype != "multipart/form-data":
        request.max_content_length = TEXT_LIMIT
        return request.form
    request.max_content_length = limit
    boundary = request.mimetype_params.get("boundary", "").encode("ascii", "replace")
    if not boundary:
        raise BadRequest
    decoder = MultipartDecoder(boundary, TEXT_LIMIT, max_parts=PARTS_LIMIT)
    return _collect(_events(request.stream, decoder), take_file)


def _events(stream: IO[bytes], decoder: MultipartDecoder) -> Iterator[Event]:
    complete = False
    while not complete:
        data = stream.read(_PIECE)
        complete = not data
        try:
            decoder.receive_data(data or None)
            while not isinstance(event := decoder.next_event(), NeedData | Epilogue):
                yield event
        except ValueError as error:
            raise BadRequest from error


def _collect(events: Iterator[Event], take_file: TakeFile) -> MultiDict[str, str]:
    form: MultiDict[str, str] = MultiDict()
    text_left = TEXT_LIMIT
    name, text = "", bytearray()
    sink: FileSink | None = None
    for event in events:
        if isinstance(event, Field):
            name, text, sink = event.name or "", bytearray(), None
        elif isinstance(event, File):
            sink = take_file(event.filename, event.headers.get("Content-Type", ""))
        elif isinstance(event, Data):
            if sink is None:
                text_left -= len(event.data)
                if text_left < 0:
                    raise TooLarge
                text += event.data
            else:
                sink.write(event.data)
            if event.more_data:
                continue
            if sink is None:
                form.add(name, _without_nul(text.decode("utf-8", "replace")))
            else:
                sink.finish()
    return form
