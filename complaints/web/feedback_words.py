"""What feedback to a reporter begins with, by outcome and in the reporter's language: to be read, changed and completed by whoever closes.

What only they can know stands in brackets, and nothing goes out before each of these has given way to their words.
"""

from complaints.vocabulary import Locale, Outcome
from complaints.web.starting_texts import gaps_of

_AUTHORITIES = {
    Locale.THAI: (
        "อันตราย การข่มขู่ หรืออาชญากรรม: ตำรวจ 191\n"
        "เจ้าหน้าที่รัฐทุจริต: ป.ป.ช. 1205\n"
        "การทำงาน ค่าจ้าง หรือการถูกลงโทษในที่ทำงาน: กรมสวัสดิการและคุ้มครองแรงงาน 1546\n"
        "สิทธิมนุษยชน: กสม. 1377\n"
        "สินค้าและผู้ขาย: สคบ. 1166"
    ),
    Locale.ENGLISH: (
        "Danger, threats or crime: police, 191\n"
        "Corruption of state officials: National Anti-Corruption Commission, 1205\n"
        "Work, wages or punishment at work: Department of Labour Protection and Welfare, 1546\n"
        "Human rights: National Human Rights Commission, 1377\n"
        "Goods and sellers: Office of the Consumer Protection Board, 1166"
    ),
}

_BEGINNINGS = {
    Outcome.SUBSTANTIATED: {
        Locale.THAI: "ขอบคุณที่แจ้งเรื่องนี้ให้เราทราบ เราตรวจสอบแล้วพบว่าเป็นไปตามที่คุณแจ้ง\n\nสิ่งที่เราได้ทำไปแล้ว:\n(เขียนสิ่งที่ได้ทำ)",
        Locale.ENGLISH: "Thank you for telling us. We looked into it and found that it is as you said.\n\nWhat we have done about it:\n(write what was done)",
    },
    Outcome.PARTLY: {
        Locale.THAI: "ขอบคุณที่แจ้งเรื่องนี้ให้เราทราบ เราตรวจสอบแล้วพบว่าบางส่วนเป็นไปตามที่คุณแจ้ง\n\nส่วนที่พบ และสิ่งที่เราได้ทำไปแล้ว:\n(เขียนสิ่งที่พบและสิ่งที่ได้ทำ)",
        Locale.ENGLISH: (
            "Thank you for telling us. We looked into it and found that part of it is as you said.\n\n"
            "What we found, and what we have done about it:\n(write what was found, and what was done)"
        ),
    },
    Outcome.UNSUBSTANTIATED: {
        Locale.THAI: (
            "ขอบคุณที่แจ้งเรื่องนี้ให้เราทราบ เราตรวจสอบแล้ว แต่ยังไม่พบหลักฐานเพียงพอที่จะยืนยันได้ "
            "ทั้งนี้ไม่ได้หมายความว่าเราไม่เชื่อคุณ การแจ้งโดยสุจริตของคุณได้รับความคุ้มครองเหมือนเดิม\n\n"
            "สิ่งที่เราได้ตรวจสอบ:\n(เขียนสิ่งที่ได้ตรวจสอบ)\n\nหากมีข้อมูลเพิ่มเติม เขียนถึงเราที่นี่ได้เสมอ"
        ),
        Locale.ENGLISH: (
            "Thank you for telling us. We looked into it and did not find enough to show that it is so. That does not mean that we do "
            "not believe you: you reported in good faith, and you are protected as before.\n\n"
            "What we looked into:\n(write what was looked into)\n\nIf you learn more, you can always write to us here."
        ),
    },
    Outcome.OUT_OF_SCOPE: {
        Locale.THAI: (
            "ขอบคุณที่ไว้ใจเล่าเรื่องนี้ให้เราฟัง เราอ่านอย่างตั้งใจแล้ว แต่เรื่องนี้อยู่นอกเหนืออำนาจหน้าที่ของเรา จึงไม่สามารถตรวจสอบให้ได้ "
            "ไม่ได้แปลว่าเรื่องของคุณไม่สำคัญ และเรายังเก็บไว้เป็นความลับเหมือนเดิมว่าคุณเป็นผู้แจ้ง\n\nหน่วยงานที่ช่วยคุณได้:\n"
            f"{_AUTHORITIES[Locale.THAI]}\n\nหากคิดว่าเราเข้าใจผิด เขียนถึงเราที่นี่ได้เลย"
        ),
        Locale.ENGLISH: (
            "Thank you for trusting us with this. We read it with care. It is outside what we are allowed to look into, so we cannot take "
            "it further. That does not make it unimportant, and we keep it confidential as before that it was you who told us.\n\nWho can help you:\n"
            f"{_AUTHORITIES[Locale.ENGLISH]}\n\nIf you think that we have misunderstood you, write to us here."
        ),
    },
    Outcome.REFERRED: {
        Locale.THAI: (
            "ขอบคุณที่แจ้งเรื่องนี้ให้เราทราบ ผู้ที่มีหน้าที่โดยตรงในเรื่องนี้คือหน่วยงานอื่น เราจึงได้ส่งเรื่องต่อให้แล้ว โดยไม่ได้เปิดเผยว่าคุณเป็นใคร\n\n"
            "ส่งต่อให้:\n(เขียนชื่อหน่วยงานและช่องทางติดต่อ)\n\nสิ่งที่จะเกิดขึ้นต่อไป:\n(เขียนสิ่งที่จะเกิดขึ้น)"
        ),
        Locale.ENGLISH: (
            "Thank you for telling us. Somebody else is responsible for this, and we have passed it on to them, without saying who you "
            "are.\n\nPassed on to:\n(write to whom, and how to reach them)\n\nWhat happens next:\n(write what will happen)"
        ),
    },
}


def suggested(outcome: Outcome, locale: Locale) -> str:
    return _BEGINNINGS[outcome][locale]


def gaps_left(text: str) -> list[str]:
    """What stands in brackets in any of the beginnings, and stands in this text still."""
    return [gap for gap in _GAPS if gap in text]


_GAPS = list(dict.fromkeys(gap for texts in _BEGINNINGS.values() for text in texts.values() for gap in gaps_of(text)))
