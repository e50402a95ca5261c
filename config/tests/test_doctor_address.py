"""What the doctor says of PUBLIC_URL, asked of web servers that are wrong in one way each."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.utils.translation import override
from pytest_django import Settings

from config.doctor import outside
from config.doctor.findings import Finding, Level

ALIVE = b'{"status": "ok"}'
Answers = Callable[[str], tuple[int, str, bytes]]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with override("en"):
        yield


@contextmanager
def web(answer: Answers, certificate: Path | None = None) -> Iterator[str]:
    """A web server: path -> status, Location, body. Its address, https with a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, location, body = answer(self.path)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Quietly."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            scheme = "https"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{scheme}://127.0.0.1:{server.server_port}"
        server.shutdown()


def well(path: str) -> tuple[int, str, bytes]:
    """The answers of a program that is well."""
    return 200, "", ALIVE


def certificate(path: Path, days: int) -> Path:
    """A self-made certificate of 127.0.0.1's, good for so many days, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Signoff's tests")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def found_at(settings: Settings, address: str) -> list[Finding]:
    settings.PUBLIC_URL = address
    return list(outside.public_url())


def test_a_program_that_is_well(settings: Settings) -> None:
    with web(well) as address:
        assert [finding.level for finding in found_at(settings, address)] == [Level.OK]


def test_a_proxy_that_is_not_trusted_leads_in_a_circle(settings: Settings) -> None:
    def circle(path: str) -> tuple[int, str, bytes]:
        return (200, "", ALIVE) if path == "/healthz" else (301, settings.PUBLIC_URL + path, b"")

    with web(circle) as address:
        (finding,) = found_at(settings, address)

    assert finding.level is Level.FAULT
    assert "TRUSTED_PROXIES" in finding.advice


def test_a_proxy_that_names_another_host(settings: Settings) -> None:
    with web(lambda path: (200 if path == "/healthz" else 400, "", ALIVE)) as address:
        (finding,) = found_at(settings, address)

    assert finding.text == "The log-in page answers HTTP 400."
    assert "Host" in finding.advice


@pytest.mark.parametrize("body", [b"<h1>Welcome to nginx!</h1>", b'{"status": "fine"}'])
def test_another_program(settings: Settings, body: bytes) -> None:
    with web(lambda path: (200, "", body)) as address:
        (finding,) = found_at(settings, address)

    assert "something else" in finding.text


def test_plain_http_in_a_network(settings: Settings) -> None:
    settings.PUBLIC_URL = "http://pay.example.com"

    (finding,) = outside._safe_way()
    assert finding.level is Level.WARNING


@pytest.mark.parametrize(("days", "levels"), [(90, ["ok"]), (5, ["ok", "warning"])])
def test_a_certificate_that_ends_soon(
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    days: int,
    levels: list[str],
) -> None:
    made = certificate(tmp_path / "pem", days)
    monkeypatch.setenv("SSL_CERT_FILE", str(made))
    with web(well, made) as address:
        found = found_at(settings, address)

    assert [str(finding.level) for finding in found] == levels


def test_a_certificate_that_nobody_trusts(settings: Settings, tmp_path: Path) -> None:
    with web(well, certificate(tmp_path / "pem", 90)) as address:
        (finding,) = found_at(settings, address)

    assert finding.level is Level.FAULT
    assert "certificate" in finding.text.lower()
