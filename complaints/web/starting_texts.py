"""What an administrator finds in the fields when a text is published for the first time. Not translated by the page: both go out."""

import re

UNDERTAKING = {
    "text_th": (
        "ข้าพเจ้าจะเก็บรักษาข้อมูลของผู้ร้องเรียน ผู้ให้ข้อมูล ข้อร้องเรียน และเอกสารหลักฐานไว้เป็นความลับ "
        "ไม่เปิดเผยแก่ผู้ที่ไม่มีหน้าที่เกี่ยวข้อง เว้นแต่เป็นการเปิดเผยตามหน้าที่ที่กฎหมายกำหนด "
        "และรับทราบว่าการเปิดดูทุกครั้งถูกบันทึกไว้"
    ),
    "text_en": (
        "I keep the information of complainants and informants, their complaints and their evidence confidential. I disclose them "
        "to nobody without a duty in the matter, save as the law requires. I know that every opening is recorded."
    ),
}

NOTICE = {
    "text_th": (
        "ผู้ควบคุมข้อมูลส่วนบุคคล: (ชื่อและที่อยู่ของหน่วยงาน)\n"
        "เจ้าหน้าที่คุ้มครองข้อมูลส่วนบุคคล: (ชื่อหรือตำแหน่ง อีเมล โทรศัพท์)\n"
        "ฐานทางกฎหมาย: หน้าที่ตามกฎหมาย และประโยชน์โดยชอบด้วยกฎหมายในการตรวจสอบการกระทำผิด"
    ),
    "text_en": (
        "Data controller: (name and address of the organisation)\n"
        "Data protection officer: (name or office, e-mail, telephone)\n"
        "Legal basis: legal duty, and the legitimate interest in looking into wrongs"
    ),
}

_TO_FILL = re.compile(r"\([^)]+\)")


def gaps_of(start: str) -> list[str]:
    """What stands in brackets in a starting text, brackets and all: for whoever writes the rest to fill in."""
    return _TO_FILL.findall(start)


def left_to_fill(start: str, text: str) -> bool:
    """Whether something that stands in brackets in the starting text, for the operator to fill in, stands there still."""
    return any(gap in text for gap in gaps_of(start))
