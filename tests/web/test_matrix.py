"""Every view, asked for by everybody: what they get, and what it shows. A view without a line here fails, and so does a line without a view.

Each line gives a status for each of matrix.ACTORS, in their order; `+r` where the report is shown, `+i` where its writer is. What is posted
bears no token: whoever may post meets a 400 for that, and whoever may not is told so before. Where words that were typed are kept for another
try, the page that keeps them is a 403 to whoever may post as well, and says nothing but what was posted.
"""

import pytest
from flask import Flask

from complaints.services.unit import Units
from tests.cast import Cast
from tests.web import matrix
from tests.web.conftest import Browser

#: anonymous, reporter, another-reporter, with-identity, without-identity, not-assigned, lead, another-lead, administrator, custodian, auditor, suspended
EXPECTED: dict[tuple[str, str], str] = {
    ("administration.change_roles", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("administration.list_accounts", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("administration.list_channels", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("administration.read_account", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("audit.ask_verification", "GET"): "303 303 303 403 403 403 403 403 403 403 200 403",
    ("audit.read_entry", "GET"): "303 303 303 403 403 403 403 403 403 403 200 403",
    ("audit.read_log", "GET"): "303 303 303 403 403 403 403 403 403 403 200 403",
    ("audit.take_checkpoint", "GET"): "303 303 303 403 403 403 403 403 403 403 200 403",
    ("audit.verify_log", "POST"): "303 303 303 403 403 403 403 403 403 403 400 403",
    ("casework.ask_for_identity", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.assign", "GET"): "303 303 303 403 403 404 200 404 403 403 403 403",
    ("casework.close", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.close_several", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.closing", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.data_request", "GET"): "303 303 303 404 404 404 404 404 403 403 403 403",
    ("casework.decide", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.decline_identity", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.download_file", "GET"): "303 303 303 200+r 200+r 404 200+r 404 403 403 403 403",
    ("casework.end_link", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.end_rehearsal", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.end_task", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.exporting", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.exporting_identity", "GET"): "303 303 303 200 403 404 200 404 403 403 403 403",
    ("casework.hand_over", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.hand_over_again", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.handle", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.identity", "GET"): "303 303 303 200 403 404 200 404 403 403 403 403",
    ("casework.link", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.linking_form", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.list_cases", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.look", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.mark_own", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.merge", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.merging_form", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.move", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.moving_form", "GET"): "303 303 303 403 403 404 200 404 403 403 403 403",
    ("casework.open_identity", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.open_original", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.original", "GET"): "303 303 303 200 403 404 200 404 403 403 403 403",
    ("casework.owed", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.read_case", "GET"): "303 303 303 200+r 200+r 404 200+r 404 403 403 403 403",
    ("casework.recuse", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.recusing", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.renew", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.renewals", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.reopen", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.reopening", "GET"): "303 303 303 303 303 404 303 404 403 403 403 403",
    ("casework.replace", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.replacing", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.reply", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.searching", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.see_timeline", "GET"): "303 303 303 200 200 404 200 404 403 403 403 403",
    ("casework.set_task", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("casework.several", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("casework.take", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.take_identity", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.unmerge", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("casework.write_note", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("comments.decide", "POST"): "303 303 303 400 400 400 400 400 403 403 403 403",
    ("comments.list_comments", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("health.live", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("health.ready", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("invitations.accept", "POST"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("invitations.invite", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("invitations.list_waiting", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("invitations.look_at", "GET"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("invitations.take_back", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("mailbox.case", "GET"): "303 200+r 200 303 303 303 303 303 303 303 303 303",
    ("mailbox.case_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("mailbox.code", "GET"): "200 303 303 200 200 200 200 200 200 200 200 200",
    ("mailbox.leave", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("mailbox.leave_now", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("mailbox.open_case", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("mailbox.own_file", "GET"): "303 200+r 404 303 303 303 303 303 303 303 303 303",
    ("mailbox.stay", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("mailbox.write", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("new_keys.ask", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("new_keys.draw", "POST"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("new_keys.look_at", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("new_keys.look_behind", "GET"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("own.answer", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("own.ask", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("own.check_in", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.check_transcript", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("own.data", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.exchange", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.exchange_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.exchange_first", "POST"): "409 409 409 409 409 409 409 409 409 409 409 409",
    ("own.first_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.give", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("own.give_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.identity", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.leaving", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.new_receipt", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.open_identity", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.openings", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.original", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.proof", "GET"): "303 404 404 303 303 303 303 303 303 303 303 303",
    ("own.readers", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.receipt", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.requests", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own.take_data", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.transcript", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.withdraw", "POST"): "303 400 400 303 303 303 303 303 303 303 303 303",
    ("own.withdraw_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("own.withdraw_effect", "GET"): "303 200 200 303 303 303 303 303 303 303 303 303",
    ("own_account.address", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("own_account.change_address", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("own_account.end_session", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("own_account.overview", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("own_account.sign", "POST"): "303 303 303 400 400 400 400 400 403 400 403 403",
    ("own_account.undertaking", "GET"): "303 303 303 200 200 200 200 200 403 200 403 403",
    ("own_passphrase.change", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("own_passphrase.draw_code", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("own_passphrase.look_at", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("own_passphrase.look_at_code", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("processors.add", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("processors.change", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("processors.changing", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("processors.new", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("processors.overview", "GET"): "303 303 303 403 403 403 403 403 200 403 200 403",
    ("processors.read", "GET"): "303 303 303 403 403 403 403 403 200 403 200 403",
    ("questions.add", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("questions.overview", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("questions.retire", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("recovery.ask", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("recovery.begin", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("recovery.decline", "POST"): "303 303 303 403 403 403 403 403 403 400 403 403",
    ("recovery.finish", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("recovery.list_asking", "GET"): "303 303 303 403 403 403 403 403 403 200 403 403",
    ("recovery.look_at_finish", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("recovery.read", "GET"): "303 303 303 403 403 403 403 403 403 404 403 403",
    ("recovery.release", "POST"): "303 303 303 403 403 403 403 403 403 400 403 403",
    ("rehearsals.begin", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("rehearsals.give_up", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("reporter.change", "POST"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.check", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("reporter.checkpoint", "GET"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("reporter.checkpoints", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.comment", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("reporter.comment_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("reporter.comment_sent", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.compare", "POST"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("reporter.cookies", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.earlier_notice", "GET"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("reporter.form", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.form_again", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("reporter.home", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.leave", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.notice", "GET"): "200 200 200 200 200 200 200 200 200 200 200 200",
    ("reporter.root", "GET"): "303 303 303 303 303 303 303 303 303 303 303 303",
    ("reporter.send", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("requests.ask_for_administrator", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("requests.ask_for_no_factors", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("requests.ask_to_take_administrator", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("requests.confirm", "POST"): "303 303 303 400 400 400 400 400 400 403 403 403",
    ("requests.decline", "POST"): "303 303 303 400 400 400 400 400 400 403 403 403",
    ("requests.list_requests", "GET"): "303 303 303 200 200 200 200 200 200 403 403 403",
    ("requests.read", "GET"): "303 303 303 404 404 404 404 404 404 403 403 403",
    ("second_factor.add_authenticator", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("second_factor.add_passkey", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("second_factor.ask_for_paper", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("second_factor.ask_to_remove", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("second_factor.authenticator", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("second_factor.draw_paper", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("second_factor.give", "GET"): "303 303 303 303 303 303 303 303 303 303 303 403",
    ("second_factor.overview", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("second_factor.passkey", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("second_factor.remove", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("second_factor.take", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("set_up.ask", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.change_deadlines", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.change_fallback", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.create_channel", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.new_channel", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("set_up.notice", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("set_up.overview", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("set_up.publish_notice", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.publish_undertaking", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("set_up.read_channel", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("set_up.undertaking", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("sign_in.enter", "POST"): "400 400 400 400 400 400 400 400 400 400 400 400",
    ("sign_in.home", "GET"): "303 303 303 303 303 303 303 303 303 303 303 403",
    ("sign_in.sign_in", "GET"): "200 200 200 303 303 303 303 303 303 303 303 303",
    ("sign_in.sign_out", "POST"): "303 303 303 400 400 400 400 400 400 400 400 403",
    ("sign_in.stay", "GET"): "303 303 303 200 200 200 200 200 200 200 200 403",
    ("static_files.static_file", "GET"): "404 404 404 404 404 404 404 404 404 404 404 404",
    ("statistics.of_year", "GET"): "303 303 303 403 403 403 403 403 403 403 404 403",
    ("statistics.overview", "GET"): "303 303 303 403 403 403 403 403 403 403 200 403",
    ("statistics.take", "GET"): "303 303 303 403 403 403 403 403 403 403 404 403",
    ("suspension.look_at", "GET"): "303 303 303 403 403 403 403 403 200 403 403 403",
    ("suspension.propose_replacement", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("suspension.reinstate", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("suspension.suspend", "POST"): "303 303 303 403 403 403 403 403 400 403 403 403",
    ("taking_down.check", "POST"): "403 403 403 403 403 403 403 403 403 403 403 403",
    ("taking_down.form", "GET"): "303 303 303 200 200 200 200 200 403 403 403 403",
    ("taking_down.form_again", "GET"): "303 303 303 303 303 303 303 303 403 403 403 403",
    ("taking_down.send", "POST"): "403 403 403 400 400 400 400 400 403 403 403 403",
}


def answers(app: Flask, units: Units, cast: Cast, actor: str) -> dict[tuple[str, str], str]:
    scene = matrix.set_scene(cast)
    browser: Browser | None = None
    found = {}
    for endpoint, method, path in matrix.asked(app, scene):
        if browser is None or not matrix.is_in(browser, actor):
            browser = matrix.browser_of(app, units, scene, actor)
        answer = browser.get(path) if method == "GET" else browser.post(path)
        found[endpoint, method] = f"{answer.status_code}{matrix.what_it_shows(answer.text)}"
    return found


@pytest.mark.parametrize("actor", matrix.ACTORS)
def test_everybody_gets_what_is_theirs_and_nothing_else(app: Flask, units: Units, cast: Cast, actor: str) -> None:
    column = matrix.ACTORS.index(actor)
    expected = {view: line.split()[column] for view, line in EXPECTED.items()}
    assert answers(app, units, cast, actor) == expected


def test_every_line_says_something_of_everybody() -> None:
    assert {len(line.split()) for line in EXPECTED.values()} == {len(matrix.ACTORS)}


def test_nobody_without_a_key_is_shown_a_word() -> None:
    """Of the table itself, so that nobody writes into it what must never be."""
    may_read = {"reporter", "with-identity", "without-identity", "lead"}
    for view, line in EXPECTED.items():
        for actor, said in zip(matrix.ACTORS, line.split(), strict=True):
            assert "+" not in said or actor in may_read, (view, actor)
            assert "+i" not in said or actor == "reporter", (view, actor)
