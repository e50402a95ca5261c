"""No key, token or password of anybody's is under version control (bc-detect-secrets).

Keys that are known by their form are looked for everywhere, words like `password = "…"` where no tests are:
theirs are made up. What is found and meant to be there is named below with its reason.
"""

import re
import subprocess
import sys
from pathlib import Path

from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.plugins.base import RegexBasedDetector
from detect_secrets.plugins.keyword import DENYLIST
from detect_secrets.settings import transient_settings

ROOT = Path(__file__).resolve().parent.parent

BY_FORM = [
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "JwtTokenDetector",
    "MailchimpDetector",
    "NpmDetector",
    "PrivateKeyDetector",
    "SendGridDetector",
    "SlackDetector",
    "SoftlayerDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TwilioKeyDetector",
]
BY_WORD = ["KeywordDetector"]

# (file, kind of find) -> how many, and why they are no secrets.
KNOWN = {
    (".env.example", "Basic Auth Credentials"): (1, "an example of an address"),
    ("config/trouble.py", "Secret Keyword"): (1, "names of fields that are never given back"),
    ("counterparties/tests/test_bank_directory.py", "Basic Auth Credentials"): (
        1,
        "a made-up proxy",
    ),
    ("demo/organisation.py", "Secret Keyword"): (
        1,
        "the demo's password, which its log-in page says",
    ),
    ("docs/operations.md", "Basic Auth Credentials"): (1, "an example of an address"),
    ("docs/operations.md", "Secret Keyword"): (1, "an example of a key"),
    ("docker-compose.yml", "Secret Keyword"): (1, "the name of a variable"),
    ("scripts/check.py", "Secret Keyword"): (3, "made up for the checks of settings"),
}


def tracked() -> list[str]:
    """Every text under version control that people write."""
    command = ["git", "ls-files", "--", ".", ":!*.po", ":!package-lock.json", ":!docs/screenshots"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def is_of_tests(name: str) -> bool:
    """Whether what it holds was made up for tests."""
    return "tests" in Path(name).parts or name == "conftest.py"


def worth_a_look(plugins: list[str]) -> re.Pattern[str]:
    """What a text has in it somewhere if any plugin finds anything: the scanner is slow, line by line."""
    parts: list[str] = [*DENYLIST] if "KeywordDetector" in plugins else []
    for detector in get_mapping_from_secret_type_to_class().values():
        if detector.__name__ in plugins and issubclass(detector, RegexBasedDetector):
            parts += [f"(?:{form.pattern})" for form in detector().denylist]
    return re.compile("|".join(parts), re.IGNORECASE | re.MULTILINE)


def found(names: list[str], plugins: list[str]) -> SecretsCollection:
    """What these plugins find in the files."""
    collection = SecretsCollection(root=str(ROOT))
    with transient_settings({"plugins_used": [{"name": name} for name in plugins]}):
        looks = worth_a_look(plugins)
        for name in names:
            if looks.search((ROOT / name).read_text(encoding="utf-8", errors="replace")):
                collection.scan_file(name)
    return collection


def main() -> int:
    """Print file, line and kind of each find that is not known; never what was found. 1 when there is any."""
    names = tracked()
    finds: dict[tuple[str, str], set[int]] = {}
    for plugins, files in (
        (BY_FORM, names),
        (BY_WORD, [name for name in names if not is_of_tests(name)]),
    ):
        for name, secret in found(files, plugins):
            finds.setdefault((name, secret.type), set()).add(secret.line_number)
    wrong = [
        f"{name}:{','.join(map(str, sorted(lines)))}: {kind}"
        for (name, kind), lines in sorted(finds.items())
        if len(lines) > KNOWN.get((name, kind), (0, ""))[0]
    ]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
