"""The embedded default keeps letters as files."""

from email import message_from_bytes, policy
from pathlib import Path

from django.core.mail import EmailMessage, get_connection
from pytest_django import Settings


def test_one_file_a_letter_and_its_attachment_byte_for_byte(
    settings: Settings, tmp_path: Path
) -> None:
    settings.MAIL_DIR = tmp_path / "mail"
    content = bytes(range(256)) * 40
    letters = [EmailMessage(f"Письмо {n}", "Текст", "a@a.example", ["b@b.example"]) for n in (1, 2)]
    letters[0].attach("Платёжное поручение № 1.pdf", content, "application/pdf")

    sent = get_connection("config.mail.EmlBackend").send_messages(letters)

    files = sorted((tmp_path / "mail").iterdir())
    assert sent == len(files) == 2
    assert all(path.suffix == ".eml" for path in files)
    message = message_from_bytes(files[0].read_bytes(), policy=policy.default)
    assert message["Subject"] == "Письмо 1"
    attachment = next(message.iter_attachments())
    assert attachment.get_filename() == "Платёжное поручение № 1.pdf"
    assert attachment.get_content() == content
