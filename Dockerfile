# Three stages: front-end files (node stays behind), Python packages (pip stays behind), the program.

FROM node:24.19.0-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/assets.py scripts/icons.txt scripts/
RUN apt-get update \
    && apt-get install -qy --no-install-recommends python3=3.11.* \
    && rm -rf /var/lib/apt/lists/* \
    && python3 scripts/assets.py

FROM python:3.11.14-slim-bookworm AS packages
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --requirement requirements.txt \
    && /venv/bin/pip uninstall --yes pip setuptools

FROM python:3.11.14-slim-bookworm
# pango makes PDF files.
RUN apt-get update \
    && apt-get install -qy --no-install-recommends \
        libharfbuzz-subset0=6.* libpango-1.0-0=1.* libpangoft2-1.0-0=1.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --create-home --home-dir /data signoff
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=assets /app/build/assets build/assets
COPY . .
# What needs no installation is done here: the code belongs to root and cannot be written to later.
# DEMO=1 lets the settings load without an installation, and goes with the layer.
RUN python scripts/messages.py \
    && DEMO=1 DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && python -m documents.press.fonts build/assets/vendor/fonts build/fonts \
    && python -m compileall -q . \
    && rm -rf /tmp/build
ENV PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER 10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# The Procfile's lines (a test compares them).
CMD ["sh", "-c", "exec granian --interface wsgi --host ${HOST:-0.0.0.0} --port ${PORT:-8000} --workers ${WEB_WORKERS:-2} --blocking-threads 4 --log-config config/granian.json config.wsgi:application"]
