"""Casework: the list, a case, its identity, its assignment. For investigators; what they reach beyond the list, a grant decides."""

from complaints.web.casework import (
    assignment,
    cases,
    data_requests,
    departures,
    export,
    flow,
    handing_again,
    identity,
    identity_requests,
    inbox,
    moving,
    originals,
    replacing,
    search,
    several,
    tasks,
    timeline,
)
from complaints.web.casework.frame import blueprint

__all__ = [
    "assignment",
    "blueprint",
    "cases",
    "data_requests",
    "departures",
    "export",
    "flow",
    "handing_again",
    "identity",
    "identity_requests",
    "inbox",
    "moving",
    "originals",
    "replacing",
    "search",
    "several",
    "tasks",
    "timeline",
]
