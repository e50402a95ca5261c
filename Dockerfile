# Front-end files come out of npm packages; node stays behind in this stage.
FROM node:24.11.0-bookworm-slim AS assets
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/assets.py scripts/icons.txt scripts/
RUN apt-get update \
    && apt-get install -qy --no-install-recommends python3=3.11.* \
    && rm -rf /var/lib/apt/lists/* \
    && python3 scripts/assets.py

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# What makes PDF files.
RUN apt-get update \
    && apt-get install -qy --no-install-recommends \
        libharfbuzz-subset0=6.* libpango-1.0-0=1.* libpangoft2-1.0-0=1.* \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --create-home --home-dir /data signoff
COPY requirements.txt ./
RUN pip install --requirement requirements.txt
COPY . .
COPY --from=assets /app/build/assets build/assets
# What needs no installation is done here; DEMO=1 lets the settings load without one, and goes with the layer.
RUN python scripts/messages.py \
    && DEMO=1 DATA_DIR=/tmp/build python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build
USER 10001
ENV DATA_DIR=/data HOST=0.0.0.0 PORT=8000
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--log-config", "config/granian.json", "config.wsgi:application"]
