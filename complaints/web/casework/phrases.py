"""What replies to a reporter often say, in the reporter's language: put into the reply, to be read, changed and completed by whoever writes it."""

from typing import Any

from complaints.vocabulary import Locale
from complaints.web.languages import lazy_gettext as _

PHRASES: dict[str, Any] = {
    "received": _("We have your report"),
    "details": _("Ask what happened, where and when"),
    "evidence": _("Ask for evidence"),
    "people": _("Ask who was there"),
    "safety": _("Ask whether they are safe"),
    "longer": _("It takes longer than we said"),
}
"""By name, what each is for."""

_TEXTS: dict[str, dict[Locale, str]] = {
    "received": {
        Locale.THAI: (
            "เราได้รับเรื่องของคุณแล้ว ขอบคุณที่ไว้ใจบอกเรา เรากำลังอ่านอย่างละเอียด และจะเขียนถึงคุณที่นี่อีกครั้ง "
            "ระหว่างนี้หากนึกอะไรออกเพิ่มเติม เขียนถึงเราได้เสมอ"
        ),
        Locale.ENGLISH: (
            "We have your report. Thank you for trusting us with it. We are reading it with care and will write to you here again. "
            "If anything else comes to mind until then, you can always write to us."
        ),
    },
    "details": {
        Locale.THAI: (
            "เราอยากเข้าใจเรื่องนี้ให้ถูกต้อง จึงขอถามเพิ่มเติม ตอบเท่าที่รู้ก็พอ ข้อไหนไม่สะดวกตอบ ข้ามได้\n"
            "1. เหตุการณ์เกิดขึ้นเมื่อไร กี่ครั้ง และยังเกิดอยู่หรือไม่\n2. เกิดขึ้นที่ไหน\n3. คุณเห็นเอง หรือทราบมาจากใครหรืออะไร"
        ),
        Locale.ENGLISH: (
            "We would like to understand this rightly, and have some questions. Answer what you can; leave out whatever you would "
            "rather not answer.\n1. When did it happen, how often, and does it still?\n2. Where did it happen?\n"
            "3. Did you see it yourself, or how do you know of it?"
        ),
    },
    "evidence": {
        Locale.THAI: (
            "มีเอกสาร รูปถ่าย หรือข้อความที่เกี่ยวกับเรื่องนี้หรือไม่ ถ้ามี ส่งให้เราที่นี่ได้ "
            "ระบบจะลบข้อมูลที่ซ่อนอยู่ในไฟล์ให้ก่อน แต่สิ่งที่มองเห็นในภาพจะยังอยู่ กรุณาอย่าเสี่ยงเพื่อหาหลักฐานเพิ่ม"
        ),
        Locale.ENGLISH: (
            "Are there documents, photographs or messages about this? If so, you can send them to us here. What is hidden in a file is "
            "taken out first; what can be seen in a picture stays. Please take no risk to get more."
        ),
    },
    "people": {
        Locale.THAI: (
            "มีใครอยู่ในเหตุการณ์หรือทราบเรื่องนี้อีกบ้าง บอกเป็นตำแหน่งหรือแผนกแทนชื่อก็ได้ เราจะไม่ติดต่อใครในทางที่ทำให้รู้ว่าคุณเป็นผู้แจ้ง"
        ),
        Locale.ENGLISH: (
            "Who else was there, or knows of it? A position or a department will do in place of a name. We contact nobody in a way that "
            "shows that it was you who told us."
        ),
    },
    "safety": {
        Locale.THAI: (
            "ตอนนี้คุณปลอดภัยดีหรือไม่ มีใครข่มขู่ ลงโทษ หรือปฏิบัติต่อคุณต่างไปจากเดิมหรือเปล่า "
            "ถ้ามี บอกเราได้ทันที เราจะดูแลเรื่องนี้ก่อน หากเป็นเหตุด่วน โทร 191"
        ),
        Locale.ENGLISH: (
            "Are you safe at the moment? Has anybody threatened or punished you, or treated you otherwise than before? If so, tell us at "
            "once, and we see to that first. In an emergency call 191."
        ),
    },
    "longer": {
        Locale.THAI: "การตรวจสอบเรื่องของคุณใช้เวลานานกว่าที่เราแจ้งไว้ เราขออภัย เรายังทำเรื่องนี้อยู่ และจะเขียนถึงคุณอีกครั้งภายในวันที่ ",
        Locale.ENGLISH: (
            "Looking into your report takes longer than we said. We are sorry. We are still working on it, and will write to you again by "
        ),
    },
}


def put_in(text: str, name: str, locale: Locale) -> str:
    """The reply with a phrase below what is there; as it is when there is no such phrase."""
    if name not in _TEXTS:
        return text
    return "\n\n".join(filter(None, [text.rstrip(), _TEXTS[name][locale]]))
