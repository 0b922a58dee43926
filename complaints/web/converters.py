"""How ids and languages stand in addresses."""

from werkzeug.routing import BaseConverter

from complaints.vocabulary import Locale


class IdConverter(BaseConverter):
    """`<id:case>`: 16 bytes as 32 lower-case hexadecimal digits."""

    regex = "[0-9a-f]{32}"

    def to_python(self, value: str) -> bytes:
        return bytes.fromhex(value)

    def to_url(self, value: bytes) -> str:
        return value.hex()


class LocaleConverter(BaseConverter):
    """`<locale:locale>`: `th` or `en`."""

    regex = "th|en"

    def to_python(self, value: str) -> Locale:
        return Locale(value)

    def to_url(self, value: str) -> str:
        return Locale(value).value


CONVERTERS = {"id": IdConverter, "locale": LocaleConverter}
