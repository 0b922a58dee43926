"""Thai compounds that stay on one line.

Thai is written without spaces. Browsers find the places to break a line with a dictionary of short words, and so part compounds that
people read as one: the answer (คำตอบ) becomes "word" at the end of one line and "reply" on the next. A word joiner (U+2060), which shows
nothing, keeps them whole. Only our own texts are joined, on pages alone: what people wrote is never touched.
"""

import re
from functools import lru_cache

JOINER = "\u2060"

COMPOUNDS = (
    "คำ|ตอบ", "คำ|พูด", "บัน|ทึก", "บท|สนทนา", "ตรวจ|สอบ", "ร้อง|เรียน", "สถาน|ที่", "ต่าง|หาก", "ช้า|ที่สุด", "คำ|ขอ", "คำ|ถาม", "คำ|สั่ง", "คำ|รับรอง", "คำ|นวณ",
    "เปิด|ดู", "เปิด|อ่าน", "เปิด|เผย", "เข้า|ถึง", "เข้า|รหัส", "ปิด|ผนึก", "ลง|นาม", "ถอน|ชื่อ",
    "เจ้า|หน้าที่", "หลัก|ฐาน", "ตัว|ตน", "ตัว|คุณ", "คุณ|เอง", "ราย|ชื่อ", "ลาย|เซ็น", "ช่อง|ทาง", "ขั้น|ตอน",
    "หน่วย|งาน", "ที่|ทำงาน", "รูป|ถ่าย", "ไฟ|ไหม้", "เลข|ที่", "วัน|ที่", "รหัส|ผ่าน", "รหัส|ติดตาม", "ส่วน|บุคคล",
    "ส่วน|ตัว", "มอบ|หมาย", "ถูก|ต้อง", "ภาย|หลัง", "ต่อ|ไป", "ต่อ|มา", "ถัด|ไป", "ย้อน|กลับ", "ตอบ|กลับ",
    "อีก|ครั้ง", "ทุก|ครั้ง", "ครั้ง|แรก", "ครั้ง|เดียว", "อย่าง|เดียว", "เดี๋ยว|นี้", "ด้าน|ล่าง", "ด้าน|บน",
    "ได้|อีก", "ใคร|บ้าง", "อะไร|บ้าง", "ของ|คุณ", "ของ|ฉัน", "ของ|เรา",
)  # fmt: skip
"""Each with a bar where browsers would part it."""

_PREFIXES = ("ผู้", "ความ")
"""They begin a word and are never one by themselves."""

_LONGEST_PHRASE = 18
"""Letters with a width of their own that stand on one line of a heading on the narrowest screen."""
_LETTER = re.compile("[ก-ฮะาำเ-ไๆฯ]")
_BEFORE_A_LETTER = re.compile("(?<=[\u0e00-\u0e7f])(?=[ก-ฮเ-ไ])")

_WHOLE = {compound.replace("|", ""): compound.replace("|", JOINER) for compound in COMPOUNDS}
_PARTED = re.compile("|".join([*sorted(_WHOLE, key=len, reverse=True), rf"(?:{'|'.join(_PREFIXES)})(?=[ก-ฮเ-ไ])"]))


@lru_cache(maxsize=8192)
def joined(text: str) -> str:
    """`text` with every compound whole. Kept: there are as many texts as the catalogue has."""
    return _PARTED.sub(lambda found: _WHOLE.get(found[0], found[0] + JOINER), text)


def phrased(text: str) -> str:
    """`text` as a heading: what stands between two spaces stays on one line as well, unless it is too long for one."""
    return " ".join(_phrase(part) for part in joined(text).split(" "))


def _phrase(part: str) -> str:
    if len(_LETTER.findall(part)) > _LONGEST_PHRASE:
        return part
    return _BEFORE_A_LETTER.sub(JOINER, part.replace(JOINER, ""))
