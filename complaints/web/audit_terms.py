"""The words in which the access log is explained: its kinds of entry and their groups, its fields, and the values that stand in them."""

from typing import Any

from flask_babel import lazy_gettext as _

from complaints.policy import Action, Verdict
from complaints.services.audit import INTACT, WRONG, Group
from complaints.services.handing_over import TAKEN_BACK
from complaints.vocabulary import ApprovalKind, DataDecision, Ending, Event

MEANINGS: dict[Event, Any] = {
    Event.REPORT_RECEIVED: _(
        "A report was sealed and stored. The entry fixes what was written and to whom the keys went."
    ),
    Event.REPORT_TAKEN_DOWN: _(
        "Somebody of the staff wrote down what a person told them, and sealed it. The person exchanges the first code for one of their own."
    ),
    Event.REPORT_REHEARSED: _(
        "An administrator had a test report made and sealed as real ones are. It says nothing of anybody, and counts nowhere."
    ),
    Event.TRANSCRIPT_CHECKED: _("The reporter approved or corrected what staff had written for them. It is sealed."),
    Event.MAILBOX_OPENED: _("Somebody came with the receipt of this case and read what the reporter can read."),
    Event.MESSAGE_RECEIVED: _("The reporter wrote to those who handle the case."),
    Event.CASE_OPENED: _("Somebody with a key opened the report, its conversation and its notes."),
    Event.FILE_OPENED: _("A file of the case was opened. Files are sealed: opening one takes a key."),
    Event.MESSAGE_SENT: _("Somebody with a key wrote to the reporter."),
    Event.NOTE_WRITTEN: _("Somebody with a key wrote a note that the reporter never sees."),
    Event.CASE_ASSIGNED: _(
        "A lead handed the keys of the case to those named, and new keys took the place of the old."
    ),
    Event.CASES_SEARCHED: _(
        "Somebody with keys had these cases opened to look for words in them. What they looked for is not entered."
    ),
    Event.CASE_EXPORTED: _(
        "Somebody with a key took everything they can read of it away, with its files. Each page says who and when."
    ),
    Event.CASE_MOVED: _(
        "A lead handed the keys of the case to those who receive the reports of another channel. All others lost theirs."
    ),
    Event.CASE_RECUSED: _(
        "Somebody left a case of their own accord, and opens it no more. The reason is sealed for those who stay."
    ),
    Event.CASE_REKEYED: _("A lead began new keys for those named. Whoever left reads nothing written from then on."),
    Event.CASE_HANDLED: _("Somebody with a key decided how the case goes on. The entry says what it is from then on."),
    Event.CASE_CLOSED: _("Somebody with a key closed it. What was found and what the reporter was told are sealed."),
    Event.CASE_REOPENED: _("Somebody with a key took a closed case up again. The reason is sealed."),
    Event.CASE_ERASED: _(
        "It began as a test, which its first entry says. Its keys and all that was sealed under them are gone; these entries stay."
    ),
    Event.CASE_LINKED: _(
        "Somebody who holds two cases said that they belong together. Which, and why, is sealed in both. Each has an entry."
    ),
    Event.CASE_UNLINKED: _("Somebody who holds the case said that a link of it counts no more."),
    Event.CASE_MERGED: _(
        "Somebody who holds two cases decided that one is looked into together with the other. Nobody got a key by it, and each reporter is answered."
    ),
    Event.CASE_UNMERGED: _("Somebody who holds the case decided that it is looked into by itself again."),
    Event.TASK_SET: _("Somebody who holds the case is to do something by the day named. What it is, is sealed."),
    Event.TASK_DONE: _("Somebody who holds the case said that it is done."),
    Event.IDENTITY_OPENED: _(
        "Somebody opened who the reporter is. The reason is entered here; their words for it are sealed in the case."
    ),
    Event.ORIGINAL_OPENED: _(
        "Somebody opened a file with all that it may tell of whoever made it. It is sealed as identities are: the reason is entered here, their words for it are sealed in the case."
    ),
    Event.IDENTITY_REFUSED: _("Somebody asked for an identity and did not get it: no key, or a wrong passphrase."),
    Event.IDENTITY_ASKED: _("Somebody who holds the report asked a lead for the identity. Their reason is sealed."),
    Event.IDENTITY_DECLINED: _("A lead did not hand the identity over. The reason is sealed."),
    Event.IDENTITY_SEEN: _("The reporter came with the receipt again and read what they had given of themself."),
    Event.IDENTITY_GIVEN: _("The reporter sealed a new version of who they are. Earlier ones are shown to nobody."),
    Event.RECEIPT_CHANGED: _("The old code opens nothing any more. New keys were made and handed to all who held one."),
    Event.DATA_REQUESTED: _(
        "The reporter asked for erasure, objected, or took a consent back. Which, and what they wrote, is sealed."
    ),
    Event.DATA_DECIDED: _(
        "Somebody with a key accepted or refused it. Their reason is sealed, and the reporter reads it."
    ),
    Event.DATA_TAKEN: _("The reporter came with the receipt again and took a copy of their case, their name included."),
    Event.IDENTITY_WITHDRAWN: _("The reporter withdrew who they are: its keys, and all under them, were erased."),
    Event.SIGNED_IN: _("A passphrase unlocked an account."),
    Event.SIGN_IN_FAILED: _("A wrong passphrase was tried for an account that exists, or the account was suspended."),
    Event.SIGNED_OUT: _("The session was ended by its owner."),
    Event.ADDRESS_CHANGED: _(
        "The owner gave, changed or took out the address that reminders go to. It is not entered."
    ),
    Event.PASSPHRASE_CHANGED: _("The owner chose a new passphrase. The keys are the same."),
    Event.RECOVERY_PREPARED: _(
        "The owner’s key was split in two halves, for a printed code and for the custodians. Neither half opens anything."
    ),
    Event.RECOVERY_ASKED: _("Somebody came with the printed code of this account. Nothing was opened by it."),
    Event.RECOVERY_RELEASED: _(
        "A custodian handed their half, with their passphrase, to whoever has the printed code."
    ),
    Event.RECOVERY_DECLINED: _("A custodian refused, or took back what they had confirmed."),
    Event.RECOVERED: _(
        "Code and custodian together brought the keys back, under a new passphrase. Every session was ended."
    ),
    Event.FACTOR_ADDED: _(
        "Somebody added an authenticator or a passkey, or drew codes on paper, with their passphrase. They were signed out elsewhere."
    ),
    Event.FACTOR_REMOVED: _("Somebody removed an authenticator or a passkey, with their passphrase."),
    Event.FACTORS_TAKEN: _(
        "Two people removed what its owner had lost. It was signed out everywhere, and opens no case before another is enrolled, unless this installation asks for none."
    ),
    Event.FACTOR_GIVEN: _(
        "After the passphrase the second factor was right as well. From here the session opens cases."
    ),
    Event.FACTOR_REFUSED: _(
        "The passphrase was right and the second factor was not. Somebody may know the passphrase."
    ),
    Event.DENIED: _("Somebody who was signed in asked for what is not theirs. Nothing was shown."),
    Event.ACCOUNT_CREATED: _("An account and its keys were made."),
    Event.ACCOUNT_SUSPENDED: _("An administrator suspended it. It was signed out everywhere and may do nothing."),
    Event.ACCOUNT_REINSTATED: _("An administrator let it back, with the roles and keys it had."),
    Event.KEYS_DRAWN: _(
        "Whoever had the link drew keys for this account. They are nobody’s until a lead has heard their digits."
    ),
    Event.KEYS_RENEWED: _(
        "Passphrase and code were lost. The account has other keys now; what the old ones opened, the new ones do not."
    ),
    Event.KEYS_LAPSED: _(
        "These keys can be used by nobody any more, so they were taken. Others who hold the case still do."
    ),
    Event.KEYS_HANDED_AGAIN: _(
        "A lead handed a case over again to somebody whose keys were lost, under new keys for all."
    ),
    Event.ROLES_CHANGED: _("An administrator gave or took roles. The account was signed out everywhere."),
    Event.ROSTER_SIGNED: _("A lead signed who receives the reports of a channel."),
    Event.UNDERTAKING_SIGNED: _("Somebody signed that they keep what they learn confidential."),
    Event.UNDERTAKING_PUBLISHED: _(
        "An administrator published it. Whoever has not signed it opens no case; who had signed the one before receives for 14 days more."
    ),
    Event.NOTICE_RENEWED: _(
        "The notice reads otherwise than before, because the program, a channel’s questions or the register of processors changed."
    ),
    Event.NOTICE_KEPT: _("The whole notice, as it reads under this version, was kept for the cases that refer to it."),
    Event.NOTICE_PUBLISHED: _("An administrator published who answers for the data and how to reach them."),
    Event.INVITED: _("An administrator made a link that is good for one account with these roles."),
    Event.INVITATION_TAKEN: _("Somebody opened the link and made their account. The link is good for nothing now."),
    Event.INVITATION_TAKEN_BACK: _("An administrator made an unused link worthless."),
    Event.APPROVAL_ASKED: _("An administrator asked for what takes two people. Nothing changed by it."),
    Event.APPROVAL_CONFIRMED: _("A second person did, with their passphrase, what was asked for."),
    Event.APPROVAL_DECLINED: _("What was asked for will not be done."),
    Event.PASSPHRASE_REFUSED: _("Somebody who was signed in did not know the passphrase. Nothing was done."),
    Event.DEADLINES_CHANGED: _(
        "An administrator set other days to acknowledge and to give feedback, for reports from then on."
    ),
    Event.CHANNEL_CHANGED: _("An administrator changed which channel stands in when a reporter excludes every lead."),
    Event.QUESTION_ADDED: _(
        "An administrator added a question that a channel asks of its reporters. The entry fixes its words in both languages."
    ),
    Event.QUESTION_RETIRED: _("An administrator retired a question. It is asked no more; what was answered stays."),
    Event.PROCESSOR_ADDED: _(
        "An administrator entered somebody who works for the organisation. The entry fixes what the register says of them."
    ),
    Event.PROCESSOR_CHANGED: _("An administrator entered something new of a processor. What was said before stays."),
    Event.CHANNEL_CREATED: _("A channel was made. It receives nothing before its roster is signed."),
    Event.COMMENT_RECEIVED: _("Somebody wrote about the notice, without saying who they are. The words are sealed."),
    Event.COMMENT_READ: _("Somebody with a key opened these comments."),
    Event.COMMENT_DECIDED: _(
        "Taken up: the next version of the notice answers it. Settled: its words and their keys were erased."
    ),
    Event.STATISTICS_TAKEN: _("Somebody took a year’s counts away as a file. Small counts are withheld in it."),
    Event.LOG_READ: _("Somebody read this log. Entered once a day for each search."),
    Event.LOG_VERIFIED: _(
        "Somebody had every entry computed again. The entry says how many there were, and whether all was well."
    ),
}
"""One sentence on every kind of entry."""

GROUP_WORDS: dict[Group, tuple[Any, Any]] = {
    Group.IDENTITY: (
        _("Who a reporter is"),
        _("Somebody of the staff opened an identity, or asked for one."),
    ),
    Group.READING: (
        _("Reading"),
        _("Somebody of the staff opened what reporters sent, searched it, or took it away."),
    ),
    Group.WORK: (
        _("Work on cases"),
        _("Somebody of the staff wrote, decided, or had something done."),
    ),
    Group.KEYS: (
        _("Who can open a case"),
        _("Keys went to somebody, or were taken from somebody. Whoever has no key opens nothing."),
    ),
    Group.REPORTERS: (
        _("What reporters did"),
        _("These entries bear the day alone, and join the log when it has ended."),
    ),
    Group.REFUSED: (
        _("What was refused"),
        _("Somebody tried what is not theirs, or had the wrong passphrase or code. Many of these call for a question."),
    ),
    Group.SIGNING_IN: (
        _("Signing in"),
        _("Sessions, passphrases and second factors, and how a lost passphrase was replaced."),
    ),
    Group.PEOPLE: (
        _("People and roles"),
        _("Who was given an account, a role or new keys, and what two people decided together."),
    ),
    Group.ARRANGEMENTS: (
        _("Channels and texts"),
        _(
            "What is asked of reporters, what they are told, how long an answer may take, and who works for the organisation."
        ),
    ),
    Group.LOG: (
        _("The log itself"),
        _("Who read or verified it, and who took counts away."),
    ),
}
"""For each group of kinds its name, and what it holds in one sentence."""

FIELD_WORDS: dict[str, Any] = {
    "event": _("Kind"),
    "day": _("Day"),
    "time": _("Time"),
    "actor": _("Who"),
    "role": _("Roles at that time"),
    "pseudonym": _("Number by which the reporter knows them"),
    "case": _("Case"),
    "channel": _("Channel"),
    "subject": _("What it concerned"),
    "reason": _("Reason"),
    "act": _("Signed act"),
    "digest": _("SHA-256 of what was signed or stored"),
    "writes": _("SHA-256 of what was written"),
    "queued": _("Row in which it waited for its day to end"),
    "state": _("The case from then on"),
}

ACTIONS: dict[str, Any] = {
    Action.SEE_PUBLIC: _("See the public pages"),
    Action.REPORT: _("Send a report"),
    Action.COMMENT: _("Comment on the notice"),
    Action.OPEN_MAILBOX: _("Open a mailbox"),
    Action.USE_MAILBOX: _("Use a mailbox"),
    Action.SEE_OPENINGS: _("See who has opened one’s own identity"),
    Action.SEE_OWN_IDENTITY: _("See one’s own identity"),
    Action.GIVE_IDENTITY: _("Give one’s own identity"),
    Action.ASK_ABOUT_DATA: _("Ask about one’s own data"),
    Action.ANSWER_CHECK_IN: _("Say how one fares after a case was closed"),
    Action.DECIDE_ABOUT_DATA: _("Answer what a reporter asks about their data"),
    Action.CHECK_TRANSCRIPT: _("Check what was taken down"),
    Action.CHANGE_RECEIPT: _("Exchange one’s own tracking code"),
    Action.TAKE_OWN_DATA: _("Take a copy of one’s own data"),
    Action.WITHDRAW_IDENTITY: _("Withdraw one’s own identity"),
    "openings": _("Who has opened the identity"),
    Action.SIGN_IN: _("Sign in"),
    Action.SIGN_OUT: _("Sign out"),
    Action.SEE_HOME: _("See the start page"),
    Action.TAKE_DOWN: _("Take a report down"),
    Action.LIST_CASES: _("List cases"),
    Action.ARRANGE_CASES: _("Arrange one’s own list"),
    Action.READ_CASE: _("Read a case"),
    Action.READ_FILE: _("Read a file"),
    Action.READ_ORIGINAL: _("Read a file as it was sent"),
    Action.WRITE_MESSAGE: _("Write to a reporter"),
    Action.WRITE_NOTE: _("Write a note"),
    Action.HANDLE_TASKS: _("Set a task, or say that it is done"),
    Action.ASSIGN_CASE: _("Assign a case"),
    Action.SEARCH_CASES: _("Search one’s cases"),
    Action.EXPORT_CASE: _("Take a copy of a case away"),
    Action.MOVE_CASE: _("Move a case to another channel"),
    "moving": _("To move it to another channel"),
    Action.RECUSE: _("Leave a case"),
    Action.RENEW_KEYS: _("Begin new keys after somebody left"),
    Action.HAND_OVER_AGAIN: _("Hand cases over again"),
    Action.REPLACE_INVESTIGATOR: _("Replace somebody on all their cases"),
    "renewal": _("To begin new keys"),
    Action.HANDLE_CASE: _("Set a case’s status, priority and risk"),
    Action.CLOSE_CASE: _("Close a case"),
    Action.CLOSE_SEVERAL: _("Close several cases at once"),
    Action.REOPEN_CASE: _("Reopen a case"),
    Action.END_REHEARSAL: _("End a test report"),
    Action.LINK_CASES: _("Link cases"),
    Action.MERGE_CASES: _("Merge a duplicate"),
    Action.OPEN_IDENTITY: _("Open an identity"),
    Action.ASK_FOR_IDENTITY: _("Ask for an identity"),
    Action.DECLINE_IDENTITY: _("Answer whoever asks for an identity"),
    Action.SEE_TIMELINE: _("See a case’s timeline"),
    "assignment": _("To assign it"),
    Action.READ_COMMENTS: _("Read comments on the notice"),
    Action.DECIDE_COMMENTS: _("Take up or settle comments"),
    Action.SEE_ACCOUNTS: _("See accounts"),
    Action.CHANGE_ROLES: _("Change roles"),
    Action.SUSPEND_ACCOUNT: _("Suspend an account"),
    Action.PROPOSE_REPLACEMENT: _("Propose who goes on with somebody’s cases"),
    Action.GIVE_FACTOR: _("Give the second factor"),
    Action.CHANGE_FACTORS: _("Change second factors"),
    Action.END_SESSIONS: _("End a session"),
    Action.ACCEPT_INVITATION: _("Take an invitation"),
    Action.SEE_OWN_ACCOUNT: _("See one’s own account"),
    Action.ASK_FOR_NEW_KEYS: _("Ask for new keys for an account"),
    Action.ASK_FOR_NO_FACTORS: _("Ask that an account’s second factors be removed"),
    Action.DRAW_NEW_KEYS: _("Draw new keys"),
    Action.RECOVER: _("Bring a lost passphrase back"),
    Action.CHANGE_ADDRESS: _("Change one’s own e-mail address"),
    Action.CHANGE_PASSPHRASE: _("Change one’s own passphrase"),
    Action.DRAW_RECOVERY_CODE: _("Draw a recovery code"),
    Action.SEE_RECOVERIES: _("See lost passphrases"),
    Action.RELEASE_RECOVERY: _("Confirm a recovery"),
    "recovery": _("A lost passphrase"),
    "recovery-code": _("A recovery code"),
    "passphrase": _("A new passphrase"),
    "identity": _("The reporter’s identity"),
    "request": _("A request"),
    "address": _("The e-mail address"),
    Action.SIGN_UNDERTAKING: _("Sign the undertaking"),
    Action.SEE_SET_UP: _("See the set-up"),
    Action.PUBLISH_TEXTS: _("Publish a text"),
    Action.INVITE: _("Invite somebody"),
    Action.CREATE_CHANNEL: _("Make a channel"),
    Action.CHANGE_CHANNEL: _("Change a channel"),
    Action.CHANGE_QUESTIONS: _("Change what a channel asks"),
    Action.REHEARSE_CHANNEL: _("Send a test report"),
    Action.SEE_PROCESSORS: _("See the register of processors"),
    Action.CHANGE_PROCESSORS: _("Change the register of processors"),
    Action.SEE_REQUESTS: _("See requests"),
    Action.CONFIRM_REQUEST: _("Confirm a request"),
    Action.SEE_CHANNELS: _("See channels"),
    Action.READ_LOG: _("Read the access log"),
    Action.VERIFY_LOG: _("Verify the access log"),
    Action.TAKE_CHECKPOINT: _("Take a checkpoint"),
    Action.SEE_STATISTICS: _("See statistics"),
}

ASKED: dict[ApprovalKind, Any] = {
    ApprovalKind.ADMINISTRATOR: _("becomes an administrator"),
    ApprovalKind.NO_ADMINISTRATOR: _("is no longer an administrator"),
    ApprovalKind.NEW_KEYS: _("gets new keys, for passphrase and code are lost"),
    ApprovalKind.NO_FACTORS: _("has its second factors removed: device and codes on paper are lost"),
}

REASONS: dict[str, Any] = {
    ApprovalKind.ROSTER: _("Change of a roster"),
    ApprovalKind.ADMINISTRATOR: _("A new administrator"),
    ApprovalKind.NO_ADMINISTRATOR: _("The administrator’s role is taken"),
    ApprovalKind.REPLACEMENT: _("Replacing somebody on their cases"),
    ApprovalKind.NEW_KEYS: _("New keys for an account"),
    ApprovalKind.NO_FACTORS: _("An account’s second factors are removed"),
    Verdict.ROLE_MISSING: _("The role for it was missing"),
    Verdict.SUSPENDED: _("The account was suspended"),
    "no-lead": _("Only a lead of the channel may"),
    "no-test": _("It was no test report"),
    Ending.OPENED: _("Everything of it was opened"),
    Ending.GIVEN_UP: _("Nobody said that it opens"),
    "no-grant": _("No key was handed over"),
    "with-identity": _("With the identity"),
    "without-identity": _("Without the identity"),
    DataDecision.ACCEPTED: _("The reporter’s request was accepted"),
    DataDecision.REFUSED: _("The reporter’s request was refused"),
    "passphrase": _("The passphrase was wrong"),
    TAKEN_BACK: _("An assignment was taken back"),
    INTACT: _("Every entry was as the log’s key signed it"),
    WRONG: _("Something was wrong with the log"),
}
