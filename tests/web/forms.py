"""A form on a page, read and posted back as a browser does it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.web.conftest import ORIGIN, Browser

Values = dict[str, list[str]]
Upload = tuple[str, bytes, str]
"""Name, content, media type."""


class _Reader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.values: Values = {}
        self.links: list[str] = []
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.inside = attributes.get("id") == self.form_id
        if not self.inside:
            return
        name, kind = attributes.get("name") or "", attributes.get("type") or ""
        if tag == "textarea":
            self._textarea, self._text = name, ""
        elif tag == "input" and kind != "file" and (kind not in {"radio", "checkbox"} or "checked" in attributes):
            self.values.setdefault(name, []).append(attributes.get("value") or "")

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag == "textarea" and self._textarea is not None:
            # As browsers do: the first line break after the tag is not part of the text.
            text = self._text.removeprefix("\n")
            self.values.setdefault(self._textarea, []).append(text.replace("\n", "\r\n"))
            self._textarea = None


@dataclass
class PageForm:
    """What is in the reporter's form on a page. Change `values`, then post."""

    browser: Browser
    values: Values
    uploads: list[Upload] = field(default_factory=list)

    @classmethod
    def on(cls, browser: Browser, response: TestResponse) -> "PageForm":
        reader = _Reader("report")
        reader.feed(response.text)
        assert reader.values, "there is no form on this page"
        return cls(browser, reader.values)

    def __getitem__(self, name: str) -> str:
        """The one value of a field."""
        (value,) = self.values[name]
        return value

    def fill(self, **values: str) -> "PageForm":
        for name, value in values.items():
            self.values[name.replace("__", "-")] = [value]
        return self

    def post(self, path: str, **more: str) -> TestResponse:
        data: dict[str, Any] = {**self.values, **{name: [value] for name, value in more.items()}}
        data["files"] = [
            FileStorage(BytesIO(content), name, "files", kind) for name, content, kind in self.uploads
        ] or [FileStorage(BytesIO(), "", "files", "application/octet-stream")]
        # Encoded here and in memory: the test client would spool what is large to a temporary file of its own.
        boundary, body = encode_multipart(data)
        headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        content_type = f'multipart/form-data; boundary="{boundary}"'
        return self.browser.client.post(path, base_url=ORIGIN, data=body, headers=headers, content_type=content_type)
