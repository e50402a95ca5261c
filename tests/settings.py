"""The environment of a test run, then the one settings file.

`make test` brings real servers up and names them in the environment (see tests/stack); whatever is not
named there is the embedded default, in a folder of its own that goes when the run ends.
"""

import atexit
import os
import shutil
import tempfile

os.environ["ENV_FILE"] = ""  # a developer's own .env is none of the tests' business
os.environ.setdefault("DEMO", "1")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789" * 5)
os.environ.setdefault("DATABASE_POOL", "24")  # races run in threads, a connection each
if "DATA_DIR" not in os.environ:
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="signoff-tests-")
    atexit.register(shutil.rmtree, os.environ["DATA_DIR"], ignore_errors=True)

# Each worker of a parallel run has files of its own.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
if "S3_ENDPOINT_URL" in os.environ:
    os.environ["S3_BUCKET"] = f"signoff-test-{WORKER}"

from config.settings import *  # noqa: E402, F403
from config.settings import DATA_DIR, STORAGES, TEMPLATES, USES_S3  # noqa: E402
from tests.strict_templates import UndefinedIsAnError  # noqa: E402

DATA_DIR = DATA_DIR / WORKER
MAIL_DIR = DATA_DIR / "mail"
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
if USES_S3:
    STORAGES["default"]["BACKEND"] = "tests.storage.WatchedStorage"
else:
    STORAGES["default"]["OPTIONS"]["location"] = DATA_DIR / "storage"

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedIsAnError("%s")

# Wake-ups go nowhere: tests call tasks themselves, and what a wake-up missed is the sweeper's to find.
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT_OPTIONS = {}
# Every test client would list all static files anew.
WHITENOISE_AUTOREFRESH = True
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Nobody outside is asked: the demo's register answers.
DADATA_TOKEN = ""
LOOKUP_PROVIDER = "demo.lookup.StoryRegister"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LANGUAGE_CODE = "ru"
