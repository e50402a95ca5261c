"""The one settings file. Everything that differs between installations comes from the environment.

DEMO=1 stands for 'try it on this machine': embedded database, broker, storage and mail under DATA_DIR.
DEMO=0, the default, is production: whatever is missing is named in one line and nothing starts.
"""

import hashlib
import hmac
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.config import Config
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from config.env import Environment, made_up_key, read_env_file
from config.identity import *  # noqa: F403 - how people log in: constants alone
from config.identity import single_sign_on
from config.logging import LOGGING as LOGGING

BASE_DIR = Path(__file__).resolve().parent.parent
read_env_file(BASE_DIR)
env = Environment(os.environ)

DEBUG = False
DEMO = env.demo
# Marks an empty database that `manage.py seed` may fill with made-up payments.
SEED_ALLOWED = env.flag("SEED_ALLOWED", default=False)

# Where the embedded defaults keep everything; other installations keep little here.
DATA_DIR = (BASE_DIR / env.text("DATA_DIR", "var")).resolve()
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
MAIL_DIR = DATA_DIR / "mail"

# A line for every page that is asked for; who tries the program out would rather not see them.
if not env.flag("LOG_REQUESTS", default=not DEMO):
    LOGGING["loggers"]["config.requests"] = {"level": "WARNING"}

# Whoever knows this asks /metrics for numbers; without it there is no such page.
METRICS_TOKEN = env.text("METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 20:
    env.problems.append("METRICS_TOKEN is too short (20 characters or more, random)")

# Faults go to this Sentry, without anything of people's (config/sentry.py says what).
SENTRY_DSN = env.service_address("SENTRY_DSN", "")

# --- Keys ---------------------------------------------------------------------------------------------

if DEMO:
    SECRET_KEY = env.text("SECRET_KEY", "") or made_up_key(DATA_DIR / "secret_key")
else:
    SECRET_KEY = env.text("SECRET_KEY")
    if SECRET_KEY and len(SECRET_KEY) < 50:
        env.problems.append("SECRET_KEY is too short (50 characters or more, random)")


# Keys before the one in force: what they signed (sessions, links to set a password) stays good.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")


def _derived_key(label: str, secret: str = SECRET_KEY) -> str:
    """A key of its own for one purpose, so that knowing one says nothing of the others."""
    return hmac.new(secret.encode(), label.encode(), hashlib.sha256).hexdigest()


def _key_and_older(name: str, label: str) -> tuple[str, list[str]]:
    """The key `name`, made from SECRET_KEY unless it is set; and what it was before, newest first.

    So a new SECRET_KEY needs its predecessor in SECRET_KEY_FALLBACKS and nothing else.
    """
    made = [_derived_key(label, secret) for secret in (SECRET_KEY, *SECRET_KEY_FALLBACKS)]
    key = env.text(name, made[0])
    older = dict.fromkeys([*env.words(f"{name}_FALLBACKS", ""), *made])
    return key, [old for old in older if old != key]


AUDIT_KEY, AUDIT_KEY_FALLBACKS = _key_and_older("AUDIT_KEY", "signoff.audit")
SHARE_LINK_KEY, SHARE_LINK_KEY_FALLBACKS = _key_and_older("SHARE_LINK_KEY", "signoff.share-link")
# Encrypts the secrets of second factors in the database.
SECOND_FACTOR_KEY, SECOND_FACTOR_KEY_FALLBACKS = _key_and_older(
    "SECOND_FACTOR_KEY", "signoff.second-factor"
)

# --- Addresses ----------------------------------------------------------------------------------------

_host, _port = env.text("HOST", "127.0.0.1"), env.number("PORT", 8000)
_everywhere = _host in {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to
PUBLIC_URL = env.web_address(
    "PUBLIC_URL", demo=f"http://{'127.0.0.1' if _everywhere else _host}:{_port}"
)
_public = urlsplit(PUBLIC_URL)
IS_HTTPS = _public.scheme == "https"
# The machine's own names let a health check on it through; links are always made from PUBLIC_URL.
ALLOWED_HOSTS = [_public.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"]
if DEMO and _everywhere and "PUBLIC_URL" not in os.environ:
    ALLOWED_HOSTS = ["*"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
# Whose X-Forwarded-* headers are believed: a proxy that ends TLS in front of us.
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES", "127.0.0.1")

SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
# Hosts below pay.example.com are ours as well; those below example.com are not ours to decide about.
SECURE_HSTS_INCLUDE_SUBDOMAINS = (_public.hostname or "").count(".") > 1
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
if IS_HTTPS:
    # Browsers then take these cookies from this very host over https alone.
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-language"
# What is said once is kept with the session: no cookie of its own.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "SAMEORIGIN"  # cards show PDF files in frames
# HSTS for every subdomain and its preload list are for the domain's owner to decide, not for one app on
# it (W005, W021); frames of our own pages are wanted (W019).
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W019", "security.W021"]

# --- Apps and middleware ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config",
    "outbox",
    "audit",
    "people",
    "documents",
    "counterparties",
    "notifications",
    "approvals",
    "demo",
    "keeping",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
]

MIDDLEWARE = [
    "config.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.HeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CompressedPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "people.middleware.PersonMiddleware",
    "people.middleware.SessionLimitsMiddleware",
    "people.middleware.UserLanguageMiddleware",
    # Before any view, and before CSRF's process_view, which is the first to read a body.
    "config.middleware.BodyLimitMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "approvals.middleware.FirstThingsFirstMiddleware",
    "approvals.middleware.ReadOnlyAuditorMiddleware",
    "approvals.middleware.RefusalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "approvals.context_processors.menu",
            ],
        },
    },
    {
        # The parts of pages that Django's templates are too slow for; in pages by the tag `hot`.
        "NAME": "hot",
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates" / "hot"],
        "OPTIONS": {"environment": "approvals.hot.environment", "auto_reload": False},
    },
]

# Fields of forms are drawn by Django's own Jinja2 templates: the same output in a quarter of the time.
FORM_RENDERER = "approvals.hot.Renderer"

# --- Database -----------------------------------------------------------------------------------------

DATABASES = {"default": env.database("DATABASE_URL", demo=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
_database = DATABASES["default"]
_database["ATOMIC_REQUESTS"] = False
if _database["ENGINE"].endswith("sqlite3"):
    _database["OPTIONS"] = {
        # The write lock is taken when a transaction begins, so that waiting for it works (no upgrades).
        "transaction_mode": "IMMEDIATE",
        # Seconds that a second writer waits; `?timeout=5` in the address says otherwise.
        "timeout": 20,
        **_database.get("OPTIONS", {}),
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
        + _database.get("OPTIONS", {}).get("init_command", ""),
    }
else:
    # Migrations of big tables need longer than a page may take: run them with STATEMENT_TIMEOUT=0.
    _statement_timeout = env.number("STATEMENT_TIMEOUT", 30, least=0)
    # A connection that died in the pool (the server was restarted) is found there and not by a page.
    _database["CONN_HEALTH_CHECKS"] = True
    _database["OPTIONS"] = {
        "pool": {
            "min_size": 1,
            "max_size": env.number("DATABASE_POOL", 10),
            "timeout": 3,
            # The pool doubles its pauses for as long as this, and counts what it waits for as connections:
            # with its own five minutes a program found a server that was back minutes later.
            "reconnect_timeout": 2,
        },
        "connect_timeout": 2,
        **_database.get("OPTIONS", {}),
    }
    if env.flag("DATABASE_POOLER", default=False):
        # A connection may be another one in the next transaction: nothing may be left in it. The limits below
        # are then the role's own (docs/operations.md).
        _database["DISABLE_SERVER_SIDE_CURSORS"] = True
    else:
        _database["OPTIONS"]["options"] = (
            f"-c statement_timeout={_statement_timeout}s -c lock_timeout=5s"
            " -c idle_in_transaction_session_timeout=60s"
            # To compile a page's statements, or to share them out, takes longer than to run them.
            " -c jit=off -c max_parallel_workers_per_gather=0"
        )

# --- People -------------------------------------------------------------------------------------------

# A session ends unused for so many hours, and so many days after log-in however much it is used.
SESSION_ENGINE = "people.sessions"
SESSION_COOKIE_AGE = env.number("SESSION_IDLE_HOURS", 12) * 3600
SESSION_LONGEST = timedelta(days=env.number("SESSION_DAYS", 7))
# Passkeys need https, or localhost: there the address that the browser names is not compared.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS

OIDC = single_sign_on(env)
OIDC_SECOND_FACTOR = OIDC.has_second_factor
SOCIALACCOUNT_PROVIDERS = OIDC.providers()

# --- Languages and time -------------------------------------------------------------------------------

LANGUAGES = [("ru", _("Russian")), ("en", _("English"))]
LANGUAGE_CODE = env.choice("LANGUAGE_CODE", "ru", [code for code, _name in LANGUAGES])
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# The organisation's own zone: 'today' is a date in it.
TIME_ZONE = env.time_zone("TIME_ZONE", "Europe/Moscow")

# --- Files --------------------------------------------------------------------------------------------

MAX_UPLOAD_MB = env.number("MAX_UPLOAD_MB", 25)
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_PERMISSIONS = 0o600

# Made by `make assets` from npm packages; fonts for PDF files lie there too.
ASSETS_DIR = BASE_DIR / "build" / "assets"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "build" / "static"
STATICFILES_DIRS = [path for path in (BASE_DIR / "static", ASSETS_DIR) if path.is_dir()]

_s3_endpoint = env.text("S3_ENDPOINT_URL", demo="file://")
# Where browsers reach the same S3; without it files reach them through the program alone.
S3_PUBLIC_URL = env.service_address("S3_PUBLIC_URL", "")
# `file://` says in words what the demo does by itself: files under DATA_DIR/storage, no S3.
USES_S3 = _s3_endpoint not in {"", "file://"} or "S3_BUCKET" in os.environ
STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "storage", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Whoever collects them need not be who serves them; uploads stay their owner's (above).
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
if USES_S3:
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "endpoint_url": _s3_endpoint,
            "bucket_name": env.text("S3_BUCKET"),
            "access_key": env.text("S3_ACCESS_KEY"),
            "secret_key": env.text("S3_SECRET_KEY"),
            "region_name": env.text("S3_REGION", "us-east-1"),
            # A key is reserved in its row before anything is written: a second run writes the same file.
            "file_overwrite": True,
            "querystring_auth": True,
            "querystring_expire": 300,
            "client_config": Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                # Shorter than a claim's lease, so that a task never outlives its claim.
                connect_timeout=2,
                read_timeout=10,
                retries={"mode": "standard", "total_max_attempts": 2},
                # Not every S3 server knows the newer checksum trailers; files are read back instead.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        },
    }

# --- Content security: nothing inline, nothing from elsewhere ------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "base-uri": [NONE],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [SELF],
        "frame-src": [SELF],
        "img-src": [SELF, "data:"],
        "manifest-src": [SELF],
        "object-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "worker-src": [SELF],
    }
}

# --- Letters ------------------------------------------------------------------------------------------

for _name, _value in env.mail("EMAIL_URL").items():
    globals()[_name] = _value
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", f"Signoff <noreply@{_public.hostname or 'localhost'}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- Requisites by INN ----------------------------------------------------------------------------------

# With a token DaData is asked; without one, whoever LOOKUP_PROVIDER names (a dotted path), or nobody.
DADATA_TOKEN = env.text("DADATA_TOKEN", "")
DADATA_URL = env.service_address(
    "DADATA_URL", "https://suggestions.dadata.ru/suggestions/api/4_1/rs"
)
LOOKUP_PROVIDER = env.text("LOOKUP_PROVIDER", "", demo="demo.lookup.StoryRegister")

# --- Background work ----------------------------------------------------------------------------------

CELERY_BROKER_URL = env.text("BROKER_URL", demo="filesystem://")
USES_EMBEDDED_BROKER = CELERY_BROKER_URL.startswith("filesystem:")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 4 * 60
CELERY_TASK_TIME_LIMIT = 5 * 60
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for as long as it takes
# A task that runs may finish: its row is the truth, and a message that comes again finds nothing due.
# Cancelled, its row would wait for the end of its lease.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "config.beat.Scheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")
if USES_EMBEDDED_BROKER:
    _broker = DATA_DIR / "broker"
    CELERY_BROKER_URL = "filesystem://localhost//"
    for _folder in (_broker, _broker / "queue", _broker / "control"):
        _folder.mkdir(mode=0o700, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": str(_broker / "queue"),
        "data_folder_out": str(_broker / "queue"),
        "control_folder": str(_broker / "control"),
        "polling_interval": 0.05,
    }
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
        # A page that cannot wake a task gives up at once: the sweeper finds what was missed.
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
        "socket_connect_timeout": 1,
        "socket_timeout": 2,
    }

# What a wake-up missed is found by the sweepers, so they run often enough that all is caught up within a
# minute of any fault's end; a run that is late is dropped. Nobody waits for the scheduler: it may try again.
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 15 if USES_EMBEDDED_BROKER else 30)
_again = {"retry": True, "retry_policy": {"max_retries": 3, "interval_step": 0.5}}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": seconds, **_again}}
    for task, seconds in {
        "outbox.heartbeat": 30,
        "documents.sweep": SWEEP_SECONDS,
        "notifications.sweep": SWEEP_SECONDS,
        "notifications.send_digests": 300,
        "exports.sweep": SWEEP_SECONDS,
        "identity.sweep": SWEEP_SECONDS,
        "exports.clean": 3600,
        "totals.fold": SWEEP_SECONDS,
        "documents.clean_incoming": 24 * 3600,
        "audit.checkpoint": 24 * 3600,
        "people.clear_sessions": 24 * 3600,
        # Each company with open requests once a day; what a limit cut short goes on an hour later.
        "counterparties.refresh_states": 3600,
        "approvals.follow_names": 3600,
    }.items()
}

# The Bank of Russia's directory of banks: `manage.py load_banks --download`, daily when switched on.
BANKS_URL = env.text("BANKS_URL", "https://www.cbr.ru/vfs/mcirabis/BIKNew/").rstrip("/") + "/"
if env.flag("BANKS_DAILY", default=False):
    _daily = {"task": "counterparties.download_banks", "schedule": 24 * 3600}
    CELERY_BEAT_SCHEDULE["counterparties.download_banks"] = {
        **_daily,
        "options": {"expires": 24 * 3600},
    }

CACHES = {
    "default": (
        {
            "BACKEND": "config.cache.ForgivingRedisCache",
            "LOCATION": CELERY_BROKER_URL,
            "KEY_PREFIX": "signoff",
            "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.3},
        }
        if CELERY_BROKER_URL.startswith(("redis:", "rediss:"))
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}
RATELIMIT_FAIL_OPEN = True

env.refuse_problems()

if SENTRY_DSN:
    from config import sentry  # an optional part: not imported where nobody asked for it

    sentry.start(SENTRY_DSN, environment=_public.hostname or "")
