"""What a reporter meets before anything is sent: no session, no cookie, nothing readable stored. Everything rides in the form."""

from complaints.web.reporter import checkpoints, comments, pages, views
from complaints.web.reporter.blueprint import blueprint

__all__ = ["blueprint", "checkpoints", "comments", "pages", "views"]
