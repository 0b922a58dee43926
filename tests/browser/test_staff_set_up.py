"""Set-up in Chromium: an empty installation is founded by its link, its administrator signs in with a passkey or a code on paper; and a
channel is tried with a test report.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import journey
from tests.browser.conftest import PATIENCE
from tests.browser.site import ADMINISTRATOR, AUDITOR, OTHER_LEAD, Site, serving
from tests.browser.visitor import Device, Visitor

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def empty(tmp_path: Path, migrated_file: Path) -> Iterator[Site]:
    with serving(tmp_path, migrated_file, founded=False) as site:
        yield site


@pytest.fixture(params=["th-360", "en-1280"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    language, _, width = request.param.partition("-")
    context = chromium.new_context(viewport={"width": int(width), "height": 740}, locale=language)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def submit(page: Page, form: str) -> None:
    with page.expect_navigation():
        page.locator(f"main form[action*='{form}'] button[type=submit]").last.click()


def sign_in(page: Page, site: Site, passphrase: str) -> None:
    page.goto(f"{site.origin}/staff/sign-in")
    page.fill("#name", "first")
    page.fill("#passphrase", passphrase)
    submit(page, "sign-in")


def sign_out(page: Page) -> None:
    with page.expect_navigation():
        page.locator("form[action$='sign-out'] button[type=submit]").click()


def test_from_the_link_to_a_passkey(empty: Site, page: Page) -> None:
    link = re.search(r"http\S+/staff/invitation/\S+", empty.log())
    assert link
    page.goto(link[0])
    passphrase = page.locator("#suggestion").inner_text()
    answers = {
        "organisation_th": "มูลนิธิ",
        "organisation_en": "Foundation",
        "display_name": "First",
        "sign_in_name": "first",
    }
    for name, text in (answers | {"passphrase": passphrase, "repeated": passphrase}).items():
        page.fill(f"#{name}", text)
    submit(page, "invitation")
    assert page.locator(".govuk-panel").count() == 1
    assert page.goto(link[0]).status == 404  # type: ignore[union-attr]
    sign_in(page, empty, passphrase)
    with page.expect_navigation():
        page.locator("main .govuk-inset-text a[href$='/staff/set-up']").click()
    set_up = page.url
    with page.expect_navigation():
        page.locator("main a[href$='/staff/channels/new']").first.click()
    assert page.locator("main a[href$='/staff/invitations']").count() == 1
    assert page.locator("main form").count() == 0
    page.goto(set_up)
    with page.expect_navigation():
        page.locator("main a[href*='/second-factors?next=']").click()
    codes = _make_passkey(page, passphrase)
    with page.expect_navigation():
        page.locator("main a.govuk-button").click()
    assert page.url == set_up
    sign_out(page)
    sign_in(page, empty, passphrase)
    assert "/staff/sign-in/second-factor" in page.url
    assert not page.locator("[data-passkey-problem]").is_visible()
    with page.expect_navigation():
        page.locator("[data-passkey] button").click()
    assert page.locator("form[action$='sign-out']").count() == 1
    assert "second-factor" not in page.url
    sign_out(page)
    sign_in(page, empty, passphrase)
    page.fill("#code", codes[0])
    submit(page, "second-factor")
    assert "second-factor" not in page.url


def _make_passkey(page: Page, passphrase: str) -> list[str]:
    page.locator("main a[href*='/second-factors/passkey']").click()
    page.wait_for_selector("#passphrase")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    assert not page.locator("[data-passkey-problem]").is_visible()
    page.fill("#label", "laptop")
    page.fill("#passphrase", passphrase)
    page.locator("[data-passkey] button").click()
    page.wait_for_selector("#paper-codes")
    return page.locator("#paper-codes .code").all_inner_texts()


@pytest.mark.parametrize("device", [Device("th", False, 360), Device("en", True, 1280)], ids=str)
def test_a_test_report_from_the_set_up_page_until_it_is_erased(
    visitors: Callable[..., Visitor], device: Device, site: Site
) -> None:
    administrator, lead, auditor = visitors(device), visitors(device), visitors(device)
    journey.sign_in(administrator, ADMINISTRATOR)
    administrator.go("/staff/set-up")
    administrator.look()
    cases = site.cases()
    administrator.find("form[action$='/rehearsal'] button").last.click()
    expect(administrator.find("form[action$='/rehearsal/end']")).to_have_count(1)
    administrator.look()
    assert site.cases() == cases + 1
    journey.sign_in(lead, OTHER_LEAD)
    lead.go("/staff/cases?view=all")
    lead.look()
    lead.find(".caselist__case:has(.govuk-tag) a").click()
    expect(lead.find("#rehearsal .govuk-tag--grey")).to_have_count(2)
    lead.look()
    case = lead.path()
    assert "This is a test report" in journey.download(lead).decode()
    journey.open_identity(lead, OTHER_LEAD, "a test")
    expect(lead.find(".answers--identity")).to_be_visible()
    lead.go(case)
    expect(lead.find("#rehearsal .govuk-tag--green")).to_have_count(2)
    lead.look()
    lead.find("#rehearsal [value=opened]").click()
    expect(lead.find(".govuk-notification-banner")).to_be_visible()
    lead.look()
    lead.go(case, 404)
    assert site.cases() == cases
    administrator.go("/staff/set-up")
    expect(administrator.find("section:last-of-type .govuk-tag--green")).to_be_visible()
    administrator.look()
    journey.sign_in(auditor, AUDITOR)
    auditor.go("/staff/log?event=case.erased")
    auditor.look()
    assert auditor.find("main tbody tr").count() >= 1
