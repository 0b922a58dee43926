"""The demonstration's reports: fictional people, fictional firms, in both languages and in every state a case can be in so far."""

from dataclasses import dataclass, field

from complaints.vocabulary import CaseStatus, IdentityField, Locale, OpeningReason, Outcome, Source

NAME, ADDRESS, WORKPLACE, PHONE, EMAIL, LINE, OTHER, *_ = IdentityField
TH, EN = Locale.THAI, Locale.ENGLISH
NEW, TRIAGE, ACCEPTED, INVESTIGATING, MERGED, CLOSED = CaseStatus


@dataclass(frozen=True, slots=True)
class Story:
    """One report and what became of it. `days_ago` is when it came; messages and notes follow day by day."""

    days_ago: int
    channel: str
    locale: Locale
    status: CaseStatus
    narrative: str
    when: str = ""
    where: str = ""
    people: str = ""
    identity: dict[IdentityField, str] = field(default_factory=dict)
    excluded: tuple[str, ...] = ()
    excluded_words: str = ""
    file: tuple[str, str, str] | None = None
    """Name, media type, text."""
    assigned: dict[str, bool] = field(default_factory=dict)
    """Who investigates; True: with the identity."""
    conversation: tuple[tuple[str, str], ...] = ()
    """Author ("reporter" or a sign-in name) and text."""
    notes: tuple[tuple[str, str], ...] = ()
    identity_opened: tuple[str, OpeningReason, str] | None = None
    closed: tuple[Outcome, str, str] | None = None
    """What came of it, findings, and feedback to the reporter."""
    taken_down: tuple[str, Source] | None = None
    """Who took it down, and how it came."""
    name: str = ""
    """By which a later story knows it."""
    linked: tuple[str, str] | None = None
    """With which earlier story, and why."""
    merged: tuple[str, str, str] | None = None
    """Together with which earlier story it is looked into, why, and what its reporter is told."""


STORIES = (
    Story(
        days_ago=41,
        channel="corruption",
        locale=TH,
        status=INVESTIGATING,
        narrative=(
            "หัวหน้าคลังสินค้าเบิกค่าน้ำมันรถส่งของเกินจริงทุกเดือน ใบเสร็จมาจากปั๊มที่ปิดไปแล้ว "
            "ดิฉันเป็นคนคีย์เอกสารเข้าระบบจึงเห็นเลขที่ใบเสร็จซ้ำกันหลายใบ ถ้าเขารู้ว่าดิฉันเป็นคนบอก ดิฉันอยู่แผนกนี้ต่อไม่ได้แน่"
        ),
        when="ตั้งแต่ประมาณเดือนมีนาคม ยังเกิดอยู่ทุกเดือน",
        where="คลังสินค้าบางนา",
        people="หัวหน้าคลังสินค้า และคนขับรถอีกหนึ่งคน",
        identity={
            NAME: "นางสาวสมหญิง รักเที่ยง",
            ADDRESS: "88/12 ซอยสุขใจ 4 เขตบางนา กรุงเทพมหานคร 10260",
            WORKPLACE: "แผนกธุรการ คลังสินค้าบางนา",
            PHONE: "081 000 0012 (โทรหลังหกโมงเย็น)",
            LINE: "somying.demo",
        },
        file=("ใบเสร็จน้ำมัน-ตัวอย่าง.txt", "text/plain", "เลขที่ใบเสร็จ 00412 ใช้ซ้ำ 3 ครั้ง: 4 มี.ค., 9 เม.ย., 11 พ.ค.\n"),
        assigned={"thana": True, "preecha": False},
        conversation=(
            ("malee", "ได้รับเรื่องของคุณแล้ว ขอบคุณที่ไว้ใจเรา เราจะตรวจสอบและแจ้งผลให้ทราบภายในสามเดือน"),
            ("reporter", "ขอบคุณค่ะ ขอให้ติดต่อทางนี้เท่านั้นนะคะ อย่าโทรเบอร์ที่ทำงาน"),
            ("thana", "รับทราบครับ พอจะจำได้ไหมครับว่าใบเสร็จใบแรกที่ซ้ำคือเดือนไหน"),
            ("reporter", "เดือนมีนาคมค่ะ ได้แนบรายการไว้ให้แล้ว"),
        ),
        notes=(("thana", "ตรวจกับบัญชีแล้ว ปั๊มปิดกิจการตั้งแต่เดือนกุมภาพันธ์ ตรงกับที่ผู้แจ้งเล่า"),),
        identity_opened=("thana", OpeningReason.CONTACT, "ต้องนัดรับเอกสารต้นฉบับนอกเวลางาน"),
    ),
    Story(
        days_ago=33,
        channel="harassment",
        locale=TH,
        status=INVESTIGATING,
        narrative=(
            "ผู้จัดการร้านส่งข้อความชวนออกไปข้างนอกตอนดึกหลายครั้ง พอไม่ไปก็ถูกจัดตารางงานให้เข้ากะดึกติดกันสองสัปดาห์ "
            "น้องอีกคนที่เคยปฏิเสธก็โดนแบบเดียวกัน"
        ),
        when="สองเดือนที่ผ่านมา",
        where="สาขาริมน้ำ",
        people="ผู้จัดการสาขา",
        excluded_words="ผู้จัดการเขต เพราะสนิทกัน",
        identity={NAME: "คุณบี (ขอไม่บอกนามสกุล)", PHONE: "089 000 0033"},
        assigned={"preecha": True},
        conversation=(
            ("wipa", "เราได้รับเรื่องแล้ว และจะไม่ติดต่อสาขาของคุณโดยไม่บอกคุณก่อน คุณปลอดภัยดีไหม"),
            ("reporter", "ตอนนี้ยังไหวค่ะ แต่ไม่อยากอยู่กะดึกคนเดียว"),
        ),
        notes=(("preecha", "ขอดูตารางกะย้อนหลังจากฝ่ายบุคคลโดยไม่ระบุชื่อใคร"),),
    ),
    Story(
        days_ago=33,
        channel="corruption",
        locale=TH,
        status=CLOSED,
        narrative="บริษัทรับเหมาทำความสะอาดส่งคนมาแค่สองคน แต่เบิกค่าแรงห้าคนทุกวัน หนูลงเวลาให้เองจึงรู้",
        when="ตั้งแต่ต้นปี",
        where="อาคาร 2",
        identity={NAME: "คุณแม่บ้านท่านหนึ่ง", PHONE: "090 000 0033"},
        assigned={"thana": False},
        conversation=(("thana", "ได้รับเรื่องแล้วครับ ขอเวลาตรวจใบลงเวลาย้อนหลังสามเดือน"),),
        closed=(
            Outcome.SUBSTANTIATED,
            "ใบลงเวลาเทียบกับภาพหน้าประตูแล้วไม่ตรงกัน 61 วันจาก 78 วัน เรียกเงินคืนจากผู้รับเหมาแล้ว",
            "ตรวจแล้วเป็นจริงตามที่คุณแจ้ง บริษัทเรียกเงินคืนและเปลี่ยนวิธีลงเวลา ขอบคุณที่บอกเรา",
        ),
    ),
    Story(
        days_ago=27,
        channel="corruption",
        locale=EN,
        status=INVESTIGATING,
        narrative=(
            "A supplier told me our purchasing officer asks for five percent back in cash on every order above 200,000 baht. "
            "The supplier showed me the messages but is afraid to lose the contract."
        ),
        when="At least since last year; the last time was this month.",
        where="Purchasing, head office",
        people="One purchasing officer. I would rather not name the supplier yet.",
        name="purchasing",
        assigned={"thana": False},
        conversation=(
            (
                "malee",
                "Thank you. You do not need to name the supplier now. Can you tell us how you came to see the messages?",
            ),
            ("reporter", "I was shown them on a phone during a site visit. I did not take a copy."),
        ),
    ),
    Story(
        days_ago=19,
        channel="corruption",
        locale=TH,
        status=TRIAGE,
        narrative="มีการแก้ชั่วโมงทำงานล่วงเวลาของช่างสองคนให้มากกว่าที่ทำจริง คนอนุมัติเป็นญาติกัน",
        where="โรงซ่อมบำรุง",
        excluded=("preecha",),
        conversation=(("malee", "ได้รับเรื่องแล้ว อยากทราบเพิ่มว่าคุณเห็นเองหรือได้ยินมา"),),
    ),
    Story(
        days_ago=15,
        channel="harassment",
        locale=EN,
        status=TRIAGE,
        narrative=(
            "My team lead jokes about my religion in front of the others, and moved my desk next to the store room after I asked him "
            "to stop."
        ),
        when="Every week since August",
        identity={NAME: "A. Rahman (fictional)", EMAIL: "a.rahman@example.org"},
    ),
    Story(
        days_ago=12,
        channel="corruption",
        locale=TH,
        status=ACCEPTED,
        narrative="ลูกค้าจ่ายเงินสดค่ามัดจำแล้วไม่ได้ใบเสร็จ พนักงานขายบอกว่าระบบล่ม แต่ระบบไม่ได้ล่ม",
        when="ปลายเดือนที่แล้ว อย่างน้อยสามครั้ง",
        name="deposits",
        identity={NAME: "ลูกค้ารายหนึ่ง", PHONE: "090 000 0071"},
        notes=(("preecha", "ขอรายการมัดจำที่ไม่มีเลขที่ใบเสร็จจากระบบขาย"),),
    ),
    Story(
        days_ago=9,
        channel="corruption",
        locale=EN,
        status=TRIAGE,
        narrative="The stock count at the year end was signed before anybody had counted. I was asked to sign as well and did.",
        where="Warehouse 3",
        file=("count-sheet.csv", "text/csv", "item,counted,signed\nA-100,,yes\nA-101,,yes\n"),
    ),
    Story(
        days_ago=8,
        channel="corruption",
        locale=TH,
        status=MERGED,
        narrative="ผมวางเงินมัดจำเป็นเงินสดที่เคาน์เตอร์ พนักงานเขียนเลขที่จองให้บนกระดาษเปล่า บอกว่าเครื่องพิมพ์ใบเสร็จเสีย",
        when="สองสัปดาห์ก่อน",
        identity={PHONE: "090 000 0088"},
        merged=(
            "deposits",
            "เคาน์เตอร์เดียวกัน ช่วงเวลาเดียวกัน และวิธีเดียวกัน",
            "มีคนตรวจสอบเรื่องของคุณอยู่ คุณจะอ่านผลได้ที่นี่ภายในวันที่บอกไว้ คุณใช้รหัสติดตามเดิมได้ต่อไป",
        ),
    ),
    Story(
        days_ago=6,
        channel="harassment",
        locale=TH,
        status=TRIAGE,
        narrative="มีคนแอบถ่ายรูปในห้องเปลี่ยนเสื้อผ้าแล้วส่งต่อในกลุ่ม หนูกลัวมาก ไม่รู้ว่ามีรูปของหนูด้วยหรือเปล่า",
        when="สัปดาห์ที่แล้ว",
        where="ห้องเปลี่ยนเสื้อผ้าชั้น 2",
        identity={LINE: "demo-anon-7"},
        conversation=(("wipa", "เราเสียใจที่คุณต้องเจอเรื่องนี้ ถ้ารู้สึกไม่ปลอดภัย โทร 191 ได้ทันที เรากำลังดำเนินการวันนี้"),),
    ),
    Story(
        days_ago=4,
        channel="corruption",
        locale=TH,
        status=NEW,
        narrative="ได้ยินมาว่ามีการล็อกสเปกในการประมูลรอบหน้า มีผู้เสนอราคารายเดียวที่ทำได้ตามสเปกนั้น",
        people="คณะกรรมการกำหนดสเปก",
        linked=("purchasing", "อาจเป็นผู้ขายรายเดียวกับที่เรียกเงินคืนจากใบสั่งซื้อ"),
    ),
    Story(
        days_ago=2,
        channel="harassment",
        locale=EN,
        status=NEW,
        narrative="A contractor follows one of the cleaners to the bus stop. She asked me not to say who she is.",
        where="East gate, after the evening shift",
        taken_down=("suda", Source.PHONE),
    ),
    Story(
        days_ago=1,
        channel="corruption",
        locale=TH,
        status=NEW,
        narrative="ข้อมูลลูกค้าถูกส่งออกทางอีเมลส่วนตัว ผมเห็นตอนช่วยซ่อมคอมพิวเตอร์ให้เพื่อนร่วมงาน",
        identity={NAME: "นายวีระ เดโม", EMAIL: "weera@example.org", OTHER: "เจ้าหน้าที่ไอทีคนเดียวของสาขา"},
    ),
    Story(
        days_ago=0,
        channel="corruption",
        locale=TH,
        status=NEW,
        narrative="หลังจากที่ผมร้องเรียนเรื่องเดิมไป หัวหน้าตัดโบนัสและพูดว่ารู้ว่าใครเป็นคนฟ้อง",
        when="วันนี้",
        excluded_words="หัวหน้าแผนกขนส่ง",
    ),
)
