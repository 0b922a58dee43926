"""Asks whether a known weakness touches what the product runs on, Python and browser side.

Exit code 0: everything was asked about, and nothing is known. 1: a weakness is known. 3: some or all could not be
asked about. Both auditing tools exit with 0, or with a mere 1, when they reached no advisories, so their reports are
read.

Usage: audit.py PIP_AUDIT SITE_PACKAGES [COMMAND_FOR_NPM ...]
"""

from __future__ import annotations

import json
import subprocess
import sys

CLEAN, WEAK, NOT_AUDITED = 0, 1, 3
OWN = "complaints"  # not published, so nobody can have advisories about it


def main(pip_audit: str, site_packages: str, *npm: str) -> int:
    verdicts = [audit_python(pip_audit, site_packages), audit_npm(list(npm))]
    return WEAK if WEAK in verdicts else max(verdicts)


def audit_python(pip_audit: str, site_packages: str) -> int:
    report = run(
        [pip_audit, "--path", site_packages, "--format", "json", "--timeout", "10", "--progress-spinner", "off"]
    )
    packages = [package for package in report.get("dependencies", []) if package.get("name") != OWN]
    asked = [package for package in packages if "vulns" in package]
    weak = [package for package in asked if package["vulns"]]
    for package in weak:
        print(f"  {package['name']} {package['version']}: {', '.join(known['id'] for known in package['vulns'])}")
    print(f"Python: asked about {len(asked)} of {len(packages)} packages, a weakness is known in {len(weak)}")
    if weak:
        return WEAK
    return CLEAN if packages and len(asked) == len(packages) else NOT_AUDITED


def audit_npm(npm: list[str]) -> int:
    report = run([*npm, "audit", "--omit=dev", "--json"])
    if "vulnerabilities" not in report:
        print("npm: could not be asked about")
        return NOT_AUDITED
    for name, weakness in report["vulnerabilities"].items():
        print(f"  {name}: {weakness['severity']}")
    print(f"npm: a weakness is known in {len(report['vulnerabilities'])} packages")
    return WEAK if report["vulnerabilities"] else CLEAN


def run(command: list[str]) -> dict:
    """The report a command printed as JSON; empty when it printed none, failed to start or took too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        report = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
