"""Pages are read as browsers read them, whatever a template left out."""

from __future__ import annotations

from xml.etree.ElementTree import tostring

import pytest

from tests.html import parse


@pytest.mark.parametrize(
    ("html", "inside"),
    [
        ("<p>a<p>b<div>c", "<p>a</p><p>b</p><div>c</div>"),
        (
            "<table><tr><td>1<td>2</table>",
            "<table><tbody><tr><td>1</td><td>2</td></tr></tbody></table>",
        ),
        ("<table><form action='/'></table>", '<table><form action="/" /></table>'),
        ("<textarea>\n\na</textarea>", "<textarea>\na</textarea>"),
        ("<input disabled><br>b&nbsp;&laquo;", '<input disabled="" /><br />b\xa0«'),
        ("a<!-- <b>no</b> -->b", "ab"),
        ("<b>1<i>2</b>3</i>", "<b>1<i>2</i></b><i>3</i>"),
        ("<svg viewbox='0 0 1 1'><use /></svg>", '<svg viewBox="0 0 1 1"><use /></svg>'),
        (
            "<select><option selected>1<option>2</select>",
            '<select><option selected="">1</option><option>2</option></select>',
        ),
        ("", ""),
    ],
)
def test_as_browsers_do(html: str, inside: str) -> None:
    root = parse(f"<!doctype html><body>{html}")

    assert [element.tag for element in root] == ["head", "body"]
    body = tostring(root[1], "unicode")
    assert body in (f"<body>{inside}</body>", "<body />")
