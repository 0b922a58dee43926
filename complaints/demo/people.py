"""The demonstration's people and channels. All fictional; their passphrases are printed at every start, and are used nowhere else."""

from dataclasses import dataclass
from datetime import date

from complaints.services.processors import Particulars
from complaints.services.questions import Wording
from complaints.vocabulary import CompartmentName, Duty, Meets, QuestionKind, Role

PROCESSORS = (
    Particulars(
        name_th="บริษัท ห้องเครื่องสยาม จำกัด",
        name_en="Siam Engine Room Limited",
        purpose_th="ดูแลเครื่องแม่ข่ายและสำเนาสำรอง",
        purpose_en="Runs the server, and keeps its backups.",
        meets=(Meets.CIPHERTEXT, Meets.METADATA, Meets.TRAFFIC, Meets.RUNNING),
        country="TH",
        since=date(2025, 1, 6),
        undertaking="ข้อตกลงรักษาความลับ ฉบับที่ 2 (NDA-2024-01)",
        signed_by="นายอาทิตย์ มั่นคง กรรมการผู้จัดการ",
        signed=date(2024, 12, 20),
    ),
    Particulars(
        name_th="ไปรษณีย์คลาวด์",
        name_en="Cloudpost",
        purpose_th="ส่งอีเมลเตือนเจ้าหน้าที่",
        purpose_en="Sends reminders to staff.",
        meets=(Meets.MAIL,),
        country="SG",
        since=date(2025, 6, 2),
    ),
)
"""Who works for the demonstration's operator. The second has not undertaken anything yet."""

HARASSMENT_ASKS = (
    Wording(
        kind=QuestionKind.DATE,
        compartment=CompartmentName.REPORT,
        required=False,
        wording_th="เริ่มเกิดขึ้นตั้งแต่เมื่อใด",
        wording_en="Since when has it been happening?",
        purpose_th="เพื่อดูว่าใครอยู่ในเหตุการณ์ช่วงนั้นบ้าง",
        purpose_en="So that we see who was there at that time.",
    ),
    Wording(
        kind=QuestionKind.CHOICE,
        compartment=CompartmentName.REPORT,
        required=True,
        wording_th="ตอนนี้คุณยังต้องเจอคนนั้นทุกวันหรือไม่",
        wording_en="Do you still have to meet that person every day?",
        purpose_th="เพื่อช่วยให้คุณไม่ต้องเจอเขา ระหว่างที่เราตรวจสอบ",
        purpose_en="So that we can keep you apart while we look into it.",
        choices_th="เจอทุกวัน\nเจอบางครั้ง\nไม่เจอแล้ว",
        choices_en="Every day\nSometimes\nNot any more",
    ),
    Wording(
        kind=QuestionKind.TEXT,
        compartment=CompartmentName.IDENTITY,
        required=False,
        wording_th="คุณทำงานแผนกใด",
        wording_en="In which department do you work?",
        purpose_th="เพื่อไม่ให้คนในแผนกเดียวกันสงสัยคุณ",
        purpose_en="So that nobody of your own department comes to suspect you.",
    ),
)
"""What the demonstration's second channel asks of its own."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    sign_in_name: str
    display_name: str
    role: Role
    passphrase: str
    what: str


PEOPLE = (
    DemoPerson(
        "malee",
        "มาลี ศรีสุข (Malee Srisuk)",
        Role.INVESTIGATOR,
        "river lantern orchid copper valley nine",
        "leads Corruption",
    ),
    DemoPerson(
        "thana",
        "ธนา วงศ์ทอง (Thana Wongthong)",
        Role.INVESTIGATOR,
        "mango harbour silent drum paper kite",
        "investigates for Corruption",
    ),
    DemoPerson(
        "preecha",
        "ปรีชา แก้วใส (Preecha Kaewsai)",
        Role.INVESTIGATOR,
        "cotton bridge early thunder seven rice",
        "investigates, both channels",
    ),
    DemoPerson(
        "suda",
        "สุดา นาคทอง (Suda Nakthong)",
        Role.INVESTIGATOR,
        "window ginger quiet mountain fern oak",
        "on the roster, assigned to nothing",
    ),
    DemoPerson(
        "wipa",
        "วิภา จันทร์เพ็ญ (Wipa Chanphen)",
        Role.INVESTIGATOR,
        "saffron anchor winter bamboo clock ten",
        "leads Harassment",
    ),
    DemoPerson(
        "anan",
        "อนันต์ บุญมา (Anan Boonma)",
        Role.ADMINISTRATOR,
        "granite pillow comet teal basket four",
        "administrator: reads nothing",
    ),
    DemoPerson(
        "kamon", "กมล พิทักษ์ (Kamon Phithak)", Role.CUSTODIAN, "cedar marble lotus engine violet two", "custodian"
    ),
    DemoPerson(
        "rattana",
        "รัตนา ใจตรง (Rattana Jaitrong)",
        Role.AUDITOR,
        "almond ferry stone ribbon coral six",
        "auditor: reads and verifies the log",
    ),
)


@dataclass(frozen=True, slots=True)
class DemoChannel:
    code: str
    name_th: str
    name_en: str
    roster: tuple[tuple[str, Duty], ...]
    """The first is the lead who signs it."""


CHANNELS = (
    DemoChannel(
        "corruption",
        "ทุจริตและฉ้อโกง",
        "Corruption and fraud",
        (("malee", Duty.LEAD), ("preecha", Duty.TRIAGE), ("thana", Duty.MEMBER), ("suda", Duty.MEMBER)),
    ),
    DemoChannel(
        "harassment",
        "คุกคามและล่วงละเมิด",
        "Harassment and abuse",
        (("wipa", Duty.LEAD), ("preecha", Duty.MEMBER), ("suda", Duty.MEMBER)),
    ),
)

UNDERTAKING_TH = (
    "ข้าพเจ้าจะเก็บรักษาข้อมูลของผู้ร้องเรียน ผู้ให้ข้อมูล ข้อร้องเรียน และเอกสารหลักฐานไว้เป็นความลับ "
    "ไม่เปิดเผยแก่ผู้ที่ไม่มีหน้าที่เกี่ยวข้อง เว้นแต่เป็นการเปิดเผยตามหน้าที่ที่กฎหมายกำหนด "
    "และรับทราบว่าการเปิดดูทุกครั้งถูกบันทึกไว้"
)
UNDERTAKING_EN = (
    "I keep the information of complainants and informants, their complaints and their evidence confidential. I disclose them to "
    "nobody without a duty in the matter, save as the law requires. I know that every opening is recorded."
)

NOTICE_TH = (
    "ผู้ควบคุมข้อมูลส่วนบุคคล: บริษัท ตัวอย่าง จำกัด (สมมติ) 1 ถนนตัวอย่าง กรุงเทพมหานคร\n"
    "เจ้าหน้าที่คุ้มครองข้อมูลส่วนบุคคล: dpo@example.org\n"
    "ฐานทางกฎหมาย: หน้าที่ตามกฎหมาย และประโยชน์โดยชอบด้วยกฎหมายในการตรวจสอบการกระทำผิด"
)
NOTICE_EN = (
    "Data controller: Example Company Limited (fictional), 1 Example Road, Bangkok\n"
    "Data protection officer: dpo@example.org\n"
    "Legal basis: legal duty, and the legitimate interest in looking into wrongs"
)

COMMENTS = (
    "ข้อ 3.2 บอกว่าเก็บเท่าที่จำเป็น อยากให้บอกเป็นจำนวนปีค่ะ",
    "Clause 4: please say in which cases a court can ask for my name.",
)
"""What visitors wrote about the notice."""
