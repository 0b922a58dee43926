"""The access log over HTTP: read in words, searched, verified, and its reading entered."""

import dataclasses
import re
from collections.abc import Callable
from html import unescape

import pytest
from sqlalchemy import text

from complaints.policy import Action
from complaints.services import approvals, case_state, invitations, log_reading, rosters
from complaints.services.access_log import FIELDS
from complaints.services.audit import GROUPS, Group
from complaints.services.unit import Units
from complaints.vocabulary import Duty, Event, Locale, Role
from complaints.web import audit, audit_words
from complaints.web.audit_terms import ACTIONS, FIELD_WORDS, GROUP_WORDS, MEANINGS
from complaints.web.audit_words import FACTS
from crypto import SessionToken, SigningKey, checkpoint
from tests.cast import Cast, Person, person
from tests.web.conftest import Browser, Log

LOG, VERIFICATION, CHECKPOINT = "/staff/log", "/staff/log/verification", "/staff/log/checkpoint"
SignIn = Callable[[Person], Browser]

OTHERS = ["investigator", "lead", "custodian", "administrator"]


@pytest.fixture
def auditor(cast: Cast, signed_in: SignIn) -> Browser:
    browser = signed_in(cast.auditor)
    browser.get(f"{LOG}?lang=en")
    return browser


def verify(auditor: Browser, checkpoint: str = "") -> str:
    response = auditor.post(VERIFICATION, {"checkpoint": checkpoint}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 200
    return response.text


def tamper(units: Units, *statements: str) -> None:
    """What somebody does who has the database file: no trigger stands in their way."""
    with units.database.writing() as session:
        connection = session.connection()
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for name in triggers:
            connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in statements:
            assert connection.execute(text(statement)).rowcount > 0


# -- Who may ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LOG, f"{LOG}/0", VERIFICATION, CHECKPOINT])
@pytest.mark.parametrize("person", OTHERS)
def test_another_role_is_refused_and_the_log_says_so(
    cast: Cast, signed_in: SignIn, log: Log, path: str, person: str
) -> None:
    someone: Person = getattr(cast, person)
    assert signed_in(someone).get(path).status_code == 403
    assert [entry["actor"] for entry in log.entries(Event.DENIED)] == [someone.account.hex()]


@pytest.mark.parametrize("path", [LOG, f"{LOG}/0", VERIFICATION, CHECKPOINT])
def test_a_stranger_is_led_to_sign_in(browser: Browser, path: str) -> None:
    assert browser.get(path).location.startswith("/staff/sign-in")


@pytest.mark.parametrize("path", [f"{LOG}/999999", f"{LOG}/-1", f"{LOG}/x", f"{LOG}/99999999999999999999"])
def test_an_entry_that_is_not_there_is_not_found(auditor: Browser, path: str) -> None:
    assert auditor.get(path).status_code == 404


def test_the_log_is_not_posted_to(auditor: Browser) -> None:
    assert auditor.post(LOG).status_code == 405


def test_without_its_token_verification_is_refused(auditor: Browser) -> None:
    assert auditor.post(VERIFICATION).status_code == 400


# -- Reading ---------------------------------------------------------------------------------------------------------


def test_every_kind_of_entry_has_words_of_its_own() -> None:
    assert set(MEANINGS) == set(Event)
    assert set(Action) <= set(ACTIONS)  # what somebody was denied
    assert set(FIELD_WORDS) == set(FIELDS)
    assert set(case_state.FACTS) - {"channel_id"} <= set(FACTS)
    assert len({str(meaning) for meaning in MEANINGS.values()}) == len(Event)


def test_entries_are_told_by_names_and_references(auditor: Browser, cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    page = auditor.get(LOG).text
    assert "A case was assigned" in page
    assert f"Case {report.reference}" in page
    assert cast.lead.display_name in page


def test_an_invitation_is_told_by_whom_it_was_for(auditor: Browser, cast: Cast, units: Units) -> None:
    admin, new = cast.administrator, person("newcomer", Role.AUDITOR)

    def invite(name: str) -> SessionToken:
        with units.writing() as unit:
            return invitations.invite(unit, admin.actor, admin.keys.signing, name, frozenset({Role.AUDITOR}))

    taken, waits, gone = (invite(name) for name in ("Ta Ken", "Wai Ting", "Go Ne"))
    with units.writing() as unit:
        invitations.take_back(unit, admin.actor, gone.lookup())
        invitations.accept(unit, taken, new.new, sign_in_name="taken", display_name="", locale=Locale.ENGLISH)
    page = auditor.get(f"{LOG}?event=account.invited&lang=en").text
    about = re.findall(r'<span class="audit-about">([^<]*)<', page)
    assert about == ["An invitation that nobody took", "Wai Ting", "Ta Ken"]
    assert waits.lookup().hex() not in page


def test_what_somebody_does_over_and_over_stands_in_one_row_and_each_entry_can_be_reached(
    auditor: Browser, cast: Cast, signed_in: SignIn
) -> None:
    one, other = (cast.report(cast.draft(narrative=name)) for name in ("one", "other"))
    lead = signed_in(cast.lead)
    for case in (one, one, one, other, one):
        lead.get(f"/staff/cases/{case.case.hex()}")
    page = auditor.get(f"{LOG}?event=case.opened&lang=en").text
    assert [row.count("audit-number") for row in page.partition("<tbody")[2].split("<tr")[1:]] == [
        1,
        1,
        2,
        1,
    ]  # the first took it up
    assert page.count("<summary>2 times</summary>") == 1
    assert "first: " in page
    for number in re.findall(r'href="(/staff/log/[0-9]+)"', page.partition("<tbody")[2]):
        assert "A case was opened" in auditor.get(f"{number}?lang=en").text


def test_an_entry_shows_all_its_fields(auditor: Browser, cast: Cast) -> None:
    cast.assign(cast.report())
    with cast.units.reading() as unit:
        latest = unit.session.execute(text("SELECT max(position) FROM log_entry")).scalar_one()
    page = auditor.get(f"{LOG}/{latest}").text
    for words in ("Kind", "Who", "Case", "Signed act", "SHA-256 of what was written"):
        assert words in page


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_stored_entry_can_be_shown(auditor: Browser, cast: Cast, language: str) -> None:
    cast.assign(cast.report())
    with cast.units.reading() as unit:
        positions = unit.session.execute(text("SELECT position FROM log_entry")).scalars().all()
    for position in positions:
        assert auditor.get(f"{LOG}/{position}?lang={language}").status_code == 200


def test_a_search_by_kind_shows_that_kind(auditor: Browser) -> None:
    page = auditor.get(f"{LOG}?event=account.created").text
    rows = page.partition("<tbody")[2].partition("</tbody>")[0]
    assert rows.count("An account was created") == rows.count("<tr")


def test_a_search_by_reference_shows_that_case(auditor: Browser, cast: Cast) -> None:
    one, other = cast.report(), cast.report()
    for report in (one, other):
        cast.assign(report)
    page = auditor.get(f"{LOG}?case={one.reference.lower().replace('-', '')}").text
    assert f"Case {one.reference}" in page
    assert other.reference not in page


def rows_of(page: str) -> list[str]:
    return re.findall(r"<tr[^>]*>.*?</tr>", page.partition("<tbody")[2].partition("</tbody>")[0], re.DOTALL)


def test_kinds_stand_in_groups_each_in_one_and_each_explained(auditor: Browser) -> None:
    assert sorted(event for events in GROUPS.values() for event in events) == sorted(Event)
    assert set(GROUPS) == set(GROUP_WORDS) == set(Group)
    for language in ("en", "th"):
        page = unescape(auditor.get(f"{LOG}?lang={language}").text)
        assert page.count("<optgroup") == len(Group)
        assert all(f'value="{event}"' in page for event in Event)
    assert page.count("<dt>") >= len(Event)


def test_a_search_by_group_shows_what_belongs_to_it(auditor: Browser, cast: Cast) -> None:
    cast.assign(cast.report())
    rows = rows_of(auditor.get(f"{LOG}?event=keys").text)
    assert any("A case was assigned" in row for row in rows)
    assert all("A case was assigned" in row or "roster was signed" in row for row in rows)


def test_a_search_by_person_shows_what_they_did_and_what_concerned_them(auditor: Browser, cast: Cast) -> None:
    admin, lead, member = cast.administrator, cast.lead, cast.other_lead
    cast.assign(cast.report())
    with cast.units.writing() as unit:
        signing, duty = admin.keys.signing, Duty.MEMBER
        approval = approvals.ask_for_roster(unit, admin.actor, signing, cast.channel, member.account, duty)
    rows = rows_of(auditor.get(f"{LOG}?person={lead.account.hex()}&event=case.assigned").text)
    assert len(rows) == 1
    assert f'<span class="audit-who">{lead.display_name}</span>' in rows[0]
    reader = cast.investigator.account.hex()
    assert rows_of(auditor.get(f"{LOG}?person={reader}&event=case.assigned").text) == rows
    assert rows[0] in rows_of(auditor.get(f"{LOG}?person={reader}").text)
    assert not rows_of(auditor.get(f"{LOG}?person={member.account.hex()}&event=case.assigned").text)
    rows = rows_of(auditor.get(f"{LOG}?person={member.account.hex()}&event=approval.asked").text)
    assert len(rows) == 1
    assert admin.display_name in rows[0]
    assert member.display_name in rows[0]
    assert approval.hex() not in rows[0]
    rows = rows_of(auditor.get(f"{LOG}?person={member.account.hex()}&event=account.created").text)
    assert len(rows) == 1


def test_the_log_says_who_became_a_reader(auditor: Browser, cast: Cast) -> None:
    admin, lead, member = cast.administrator, cast.lead, cast.investigator
    with cast.units.writing() as unit:
        approval = approvals.ask_for_roster(
            unit, admin.actor, admin.keys.signing, cast.channel, member.account, Duty.LEAD
        )
    with cast.units.writing() as unit:
        digits = member.member(Duty.LEAD).fingerprint[-23:]
        approvals.confirm(unit, lead.actor, lead.keys.signing, approval, digits)
    for kind in ("approval.asked", "approval.confirmed"):
        (row,) = rows_of(auditor.get(f"{LOG}?event={kind}").text)
        assert f"{member.display_name}: Lead · " in row
    row = rows_of(auditor.get(f"{LOG}?event=roster.signed").text)[0]
    assert f"{member.display_name}: Member → Lead" in row
    assert cast.triage.display_name not in row
    (position,) = re.findall(rf'href="({LOG}/[0-9]+)"', row)
    assert f"{member.display_name}: Member → Lead" in auditor.get(position).text


def test_whoever_is_put_on_a_roster_changed_there_or_taken_off_is_found_by_it(auditor: Browser, cast: Cast) -> None:
    lead, member = cast.lead, cast.other_lead
    search = f"{LOG}?person={member.account.hex()}&event=roster.signed"
    before = len(rows_of(auditor.get(search).text))
    with cast.units.reading() as unit:
        others = list(rosters.current(unit, cast.channel).members)
    for members in ([*others, member.member(Duty.MEMBER)], [*others, member.member(Duty.LEAD)], others):
        with cast.units.writing() as unit:
            rosters.sign_next(unit, lead.actor, lead.keys.signing, cast.channel, members)
    rows = rows_of(auditor.get(search).text)
    assert len(rows) == before + 3
    for row, change in zip(
        rows, ("Lead → not on the roster", "Member → Lead", "not on the roster → Member"), strict=False
    ):
        assert f"{member.display_name}: {change}" in row
    assert len(rows_of(auditor.get(f"{LOG}?person={cast.custodian.account.hex()}&event=roster.signed").text)) == 0


def test_what_was_stored_in_place_of_what_was_signed_is_not_told(auditor: Browser, cast: Cast, units: Units) -> None:
    tamper(units, "UPDATE roster SET canonical = signature")
    rows = rows_of(auditor.get(f"{LOG}?event=roster.signed").text)
    assert rows
    assert all("→" not in row for row in rows)


def test_a_search_by_channel_shows_that_channel(auditor: Browser, cast: Cast, log: Log) -> None:
    cast.assign(cast.report())
    rows = rows_of(auditor.get(f"{LOG}?channel={cast.channel.hex()}&event=case.assigned").text)
    assert len(rows) == 1
    newest = log.entries(Event.LOG_READ)[0]
    assert (newest["channel"], newest["reason"]) == (cast.channel.hex(), "case.assigned")


@pytest.mark.parametrize("text", ["{day}/{month}/{year}", "{day}/{month}/{buddhist}", "{year}-{month}-{day}", "thai"])
def test_days_are_read_in_both_eras_and_in_thai_digits(auditor: Browser, units: Units, text: str) -> None:
    with units.reading() as unit:
        day = unit.today
    parts = {"day": day.day, "month": day.month, "year": day.year, "buddhist": day.year + 543}
    thai = f"{day.day}/{day.month}/{day.year + 543}".translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    said = thai if text == "thai" else text.format(**parts)
    assert rows_of(auditor.get(LOG, query_string={"since": said, "until": said}).text)
    assert not rows_of(auditor.get(LOG, query_string={"until": "1/1/2000"}).text)


def test_everything_is_combined_and_kept_in_the_form_and_on_the_next_page(
    auditor: Browser, cast: Cast, units: Units
) -> None:
    with units.writing() as unit:
        for _ in range(60):
            unit.enter(Event.SIGNED_OUT, cast.lead.actor)
    sought = {"event": "signing-in", "person": cast.lead.account.hex(), "since": "๑/๑/๒๕๖๓"}
    response = auditor.get(LOG, query_string=sought)
    assert response.text.count("audit-number") == 50
    assert 'value="๑/๑/๒๕๖๓"' in response.text
    older = re.search(r'href="([^"]+)" rel="next"', response.text)
    assert older is not None
    assert auditor.get(unescape(older[1])).text.count("audit-number") >= 10


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=30/2/2569", "Write a day like"),
        ("until=tomorrow", "Write a day like"),
        ("since=2/3/2569&until=1/3/2026", "The last day is before the first"),
        (f"person={'0' * 32}", "Choose one of those listed"),
        ("channel=x", "Choose one of those listed"),
        ("event=nonsense", "Choose one of those listed"),
        ("case=ZZZZ-ZZZZ", "No case has this reference"),
    ],
)
def test_what_cannot_be_searched_for_is_said_beside_its_field(
    auditor: Browser, log: Log, query: str, said: str
) -> None:
    response = auditor.get(f"{LOG}?{query}")
    assert response.status_code == 400
    assert "There is a problem" in response.text
    assert response.text.count(said) >= 2  # above, and beside the field
    assert len(log.entries(Event.LOG_READ)) == 1  # nothing was read


def test_a_search_that_finds_nothing_says_so(auditor: Browser) -> None:
    assert "No entry is like this." in auditor.get(f"{LOG}?event=identity.opened").text


def test_where_the_looking_stopped_is_said(
    auditor: Browser, cast: Cast, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_reading, "WINDOW", 3)
    page = auditor.get(f"{LOG}?event=identity.opened&since=1/1/2563").text
    assert "No entry is like this." in page
    page = auditor.get(f"{LOG}?event=account.created&person={cast.administrator.account.hex()}").text
    assert "were looked through for this page, down to No." in page
    assert "Look further" in page


def test_people_of_one_name_are_told_apart(auditor: Browser, units: Units, cast: Cast) -> None:
    twin = (
        f"UPDATE account SET display_name = '{cast.lead.display_name}' WHERE id = x'{cast.investigator.account.hex()}'"
    )
    tamper(units, twin)
    page = auditor.get(LOG).text
    assert f"{cast.lead.display_name} ({cast.investigator.account.hex()[:8]})" in page


def test_what_was_looked_for_is_told_in_words(auditor: Browser, cast: Cast) -> None:
    auditor.get(f"{LOG}?event=keys&person={cast.lead.account.hex()}&until=3/2/2569")
    row = rows_of(auditor.get(f"{LOG}?event=log.read").text)[1]
    assert cast.lead.display_name in row
    assert "Only: Who can open a case · … – 3 February 2026" in row


@pytest.mark.parametrize("before", ["Somchai told on X:", "case:", "x "])
def test_only_an_id_is_looked_for_as_one(auditor: Browser, cast: Cast, log: Log, before: str) -> None:
    """Whatever is looked for is entered, where nobody can take it away: no words of an auditor's are."""
    response = auditor.get(f"{LOG}?case={before}{'0' * 32}")
    assert response.status_code == 400
    assert "No case has this reference" in response.text
    assert auditor.get(f"{LOG}?case={'AB' * 16}").status_code == 200
    assert [entry.get("case") for entry in log.entries(Event.LOG_READ)] == ["ab" * 16, None]


@pytest.mark.parametrize(
    "query", ["case=XXXX-XXXX", "case=XX%00", "case=' OR 1=1", "event=nonsense", f"case={'x' * 100}"]
)
def test_what_cannot_be_searched_for_finds_nothing(auditor: Browser, query: str) -> None:
    response = auditor.get(f"{LOG}?{query}")
    assert response.status_code == 400
    assert "<tbody" not in response.text


def test_pages_go_back_to_the_first_entry(auditor: Browser, cast: Cast, units: Units) -> None:
    with units.writing() as unit:
        for _ in range(120):
            unit.enter(Event.SIGNED_OUT, cast.lead.actor)
    path, seen = LOG, 0
    for _ in range(10):
        page = auditor.get(path).text
        seen += page.count("audit-number")
        older = re.search(r'href="([^"]+)" rel="next"', page)
        if older is None:
            break
        path = unescape(older[1])
    with units.reading() as unit:
        assert seen == unit.session.execute(text("SELECT count(*) FROM log_entry")).scalar_one()


def test_what_was_written_past_the_system_is_shown_as_it_is(auditor: Browser, units: Units) -> None:
    tamper(
        units,
        "UPDATE log_field SET value = CAST('no.such-event' AS BLOB) WHERE entry = 1 AND name = 'event'",
        "UPDATE log_field SET value = CAST('no day' AS BLOB) WHERE entry = 1 AND name = 'day'",
        "UPDATE log_field SET value = CAST('\\xff' AS BLOB) WHERE entry = 1 AND name = 'time'",
        "UPDATE log_field SET name = 'unheard-of' WHERE entry = 1 AND name = 'subject'",
    )
    for path in (LOG, f"{LOG}/1"):
        response = auditor.get(path)
        assert response.status_code == 200
        assert "no.such-event" in response.text


def test_an_expired_field_is_said_to_have_expired(auditor: Browser, units: Units) -> None:
    with units.database.writing() as session:
        session.connection().execute(
            text("UPDATE log_field SET value = NULL, salt = NULL WHERE entry = 0 AND name = 'subject'")
        )
    assert "Expired" in auditor.get(f"{LOG}/0").text


# -- Reading is entered ----------------------------------------------------------------------------------------------


def test_reading_is_entered_before_anything_is_shown(auditor: Browser, cast: Cast, log: Log) -> None:
    (entry,) = log.entries(Event.LOG_READ)
    assert entry["actor"] == cast.auditor.account.hex()
    assert "The access log was read" in auditor.get(LOG).text


def test_reading_again_the_same_day_adds_nothing(auditor: Browser, log: Log) -> None:
    for path in (LOG, f"{LOG}?before=3", f"{LOG}/0"):
        auditor.get(path)
    assert len(log.entries(Event.LOG_READ)) == 1


def test_each_search_is_entered_with_what_was_sought(auditor: Browser, cast: Cast, log: Log) -> None:
    report = cast.report()
    for _ in range(2):
        auditor.get(f"{LOG}?case={report.reference}&event=case.opened")
    newest = log.entries(Event.LOG_READ)[0]
    assert (newest["case"], newest["reason"]) == (report.case.hex(), "case.opened")
    assert len(log.entries(Event.LOG_READ)) == 2


# -- Verifying -------------------------------------------------------------------------------------------------------


def test_a_log_as_it_was_written_verifies_and_says_what_that_does_not_prove(auditor: Browser) -> None:
    page = verify(auditor)
    assert "entries verified" in page
    assert "Only a checkpoint kept elsewhere can show that" in page


def test_an_earlier_checkpoint_shows_that_the_log_continues_it(auditor: Browser, cast: Cast) -> None:
    note = auditor.get(CHECKPOINT).text
    cast.assign(cast.report())
    page = verify(auditor, note.replace("\n", "\r\n"))
    assert "The log continues the checkpoint that you gave" in page


def test_a_changed_entry_is_reported(auditor: Browser, units: Units) -> None:
    tamper(units, "UPDATE log_field SET value = x'78' WHERE entry = 3 AND name = 'subject'")
    page = verify(auditor)
    assert "Something is wrong with the log" in page
    assert "entries verified" not in page


def test_a_truncated_log_is_reported_by_an_earlier_checkpoint(auditor: Browser, units: Units) -> None:
    note = auditor.get(CHECKPOINT).text
    with units.reading() as unit:
        size = unit.session.execute(text("SELECT max(size) FROM log_checkpoint")).scalar_one()
    tamper(
        units,
        f"DELETE FROM log_checkpoint WHERE size > {size - 2}",
        f"DELETE FROM log_field WHERE entry >= {size - 2}",
        f"DELETE FROM log_entry WHERE position >= {size - 2}",
    )
    assert "Something is wrong with the log" in verify(auditor, note)


def test_the_log_says_when_it_was_last_verified(auditor: Browser, cast: Cast, log: Log, units: Units) -> None:
    assert "No verification of this log is entered in it yet." in auditor.get(LOG).text
    with units.reading() as unit:
        size = unit.session.execute(text("SELECT count(*) FROM log_entry")).scalar_one()
    verify(auditor)
    (entry,) = log.entries(Event.LOG_VERIFIED)
    assert (entry["actor"], entry["subject"], entry["reason"]) == (
        cast.auditor.account.hex(),
        f"entries:{size}",
        "intact",
    )
    page = auditor.get(LOG).text
    assert f"by {cast.auditor.display_name}: all {size} entries were as the log’s key signed them." in page
    assert "1 entry has come since." in page


def test_a_verification_that_finds_something_wrong_is_shown_until_another_finds_nothing(
    auditor: Browser, units: Units, log: Log
) -> None:
    tamper(units, "UPDATE log_field SET value = x'78' WHERE entry = 3 AND name = 'subject'")
    verify(auditor)
    assert log.entries(Event.LOG_VERIFIED)[0]["reason"] == "wrong"
    assert "something was wrong with the log" in auditor.get(LOG).text


@pytest.mark.parametrize("note", ["nonsense", "x" * 5000])
def test_what_is_no_checkpoint_of_this_log_is_asked_for_again(auditor: Browser, note: str) -> None:
    response = auditor.post(VERIFICATION, {"checkpoint": note}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 400
    assert "no checkpoint that the log’s key signed" in response.text


def test_a_checkpoint_of_another_log_is_asked_for_again(auditor: Browser) -> None:
    other = checkpoint.sign("report.example.org/access-log", 1, bytes(32), SigningKey.generate())
    response = auditor.post(VERIFICATION, {"checkpoint": other}, token=auditor.token_on(VERIFICATION))
    assert response.status_code == 400


def test_one_verification_at_a_time(auditor: Browser) -> None:
    token = auditor.token_on(VERIFICATION)
    with audit._verifying:
        assert auditor.post(VERIFICATION, token=token).status_code == 503


def test_the_checkpoint_is_the_signed_note_itself(auditor: Browser, units: Units) -> None:
    response = auditor.get(CHECKPOINT)
    with units.reading() as unit:
        latest = units.access_log.latest(unit.session)
    assert latest is not None
    assert response.text == latest.note
    assert response.mimetype == "text/plain"
    assert response.headers["Content-Disposition"].startswith(f'attachment; filename="checkpoint-{latest.size}.txt"')
    signed = units.access_log.read_note(response.text)
    assert dataclasses.astuple(signed)[1:] == (latest.size, latest.root)


def test_every_fact_that_the_log_tells_of_a_case_has_words() -> None:
    """The channel is named apart."""
    assert set(audit_words.FACTS) == set(case_state.FACTS) - {"channel_id"}
