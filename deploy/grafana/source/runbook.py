"""What to do for each alert: the pages of docs/runbook, where the person who is woken looks."""
import re
from pathlib import Path

from panels import dashboard, firing, text

RUNBOOK = Path(__file__).resolve().parents[3] / "docs" / "runbook"


def alerts():
    """All pages, one below the other. Links within the repository do not work in Grafana: their text names the document."""
    pages = "\n".join(page.read_text("utf-8") for page in sorted(RUNBOOK.glob("*.md")))
    pages = re.sub(r"^(#+) ", r"#\1 ", pages, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]+\)", r"\1", pages).strip()


DASHBOARD = dashboard("runbook", "What each alert means and what to do.", [
    ("Now", [firing("Newswire.*", width=24)]),
    ("What to do", [text("From docs/runbook", alerts())]),
])
