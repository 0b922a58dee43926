"""Which language a page speaks: the guard's word, else the address's."""

from functools import partial
from typing import Any, cast

import flask_babel
from babel.support import NullTranslations
from flask import Flask, g, has_request_context
from flask_babel import Babel, Domain, LazyString, get_locale
from markupsafe import Markup

from complaints.paths import translations_dir
from complaints.policy import Anonymous
from complaints.vocabulary import Locale
from complaints.web.visit import locale_of
from complaints.web.whole_words import joined, phrased


class _Catalogues(Domain):
    """As Flask-Babel's, which looks for a page's language and catalogue anew at each word: here once a page.

    Kept where `force_locale` sets it aside, for what a page says in another language than its own.
    """

    def get_translations(self) -> NullTranslations:
        found = _kept("babel_translations")
        if found is None:
            found = super().get_translations()
            if has_request_context():
                g._flask_babel.babel_translations = found  # noqa: SLF001 - Flask-Babel's own place for it
        return cast(NullTranslations, found)


def install(app: Flask) -> None:
    babel = Babel(
        app,
        default_locale=Locale.THAI.value,
        default_timezone="Asia/Bangkok",
        default_translation_directories=str(translations_dir()),
        locale_selector=_select,
    )
    babel.domain_instance = _Catalogues()
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.filters["whole"] = lambda text: joined(str(text))
    app.jinja_env.filters["phrased"] = lambda text: (
        type(text)(phrased(text)) if isinstance(text, Markup) else phrased(str(text))
    )
    app.jinja_env.globals["_"] = partial(_written, babel.domain_instance)
    app.jinja_env.globals["ngettext"] = partial(_counted, babel.domain_instance)


def _written(catalogues: _Catalogues, text: str, **values: Any) -> Markup:
    """A template's words in the page's language: what Jinja's own `_` gives, without its four calls a word."""
    words = Markup(joined(catalogues.get_translations().ugettext(text)))  # noqa: S704 - our own words; values are escaped
    return words % values if values or "%" in words else words


def _counted(catalogues: _Catalogues, one: str, many: str, num: int, **values: Any) -> Markup:
    """The same for words that go with a number."""
    words = Markup(catalogues.get_translations().ungettext(one, many, num))  # noqa: S704 - our own words; values are escaped
    return words % ({"num": num} | values)


def speaks_thai() -> bool:
    """Whether the page's language is Thai, as for its days."""
    locale = _kept("babel_locale") or get_locale()
    return locale is not None and locale.language == "th"


def _kept(name: str) -> Any:
    """What Flask-Babel has found out for this page, without the four looks at the request that it takes itself."""
    return getattr(g.get("_flask_babel"), name, None) if has_request_context() else None


def _select() -> str:
    """Words are also looked up outside any request: on the command line, and while the application starts."""
    if not has_request_context():
        return Locale.THAI.value
    return cast(str, g.get("locale") or locale_of(None, Anonymous()))


def gettext(text: str, **values: Any) -> str:
    """`text` in the page's language, from the page's catalogue once it is there; Flask-Babel's own finds it first."""
    catalogue = _kept("babel_translations")
    if catalogue is None:
        return str(flask_babel.gettext(text, **values))
    said = str(catalogue.ugettext(text))
    return said % values if values else said


def lazy_gettext(text: str, **values: Any) -> LazyString:
    """The same, looked up when it is put on a page."""
    return LazyString(gettext, text, **values)
