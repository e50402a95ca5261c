"""HTML read as a browser reads it, quickly: tests read thousands of pages."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborHTMLParser, LexborNode


def parse(html: str) -> Element:
    """The root element of the page; names have no namespaces, comments are left out."""
    root = LexborHTMLParser(html).root
    assert root is not None
    return _built(root)


def _built(node: LexborNode) -> Element:
    made = Element(str(node.tag), {name: value or "" for name, value in node.attributes.items()})
    last: Element | None = None
    child = node.first_child
    while child is not None:
        if child.is_element_node:
            last = _built(child)
            made.append(last)
        elif child.is_text_node:
            text = child.text_content or ""
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
        child = child.next
    return made
