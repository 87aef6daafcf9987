"""Write the notebooks as slides: `make slides`, or `python teaching/slides.py [-o FILE] [--pdf] [01 03 08 …]`.

One file of HTML with all pictures in it, which a browser shows without a network: arrows turn the pages, "s" opens the
speaker's notes in a window of their own, "n" shows them below the slide, "f" is full screen. --pdf prints it, if there
is a browser (chromium) that Playwright can drive.
"""

from __future__ import annotations

import argparse
import html
import re
from collections.abc import Sequence
from pathlib import Path

import nbformat

import lesson
from formulas import DISPLAYED, as_html
from lesson import Slide

HERE = Path(__file__).resolve().parent
NOTEBOOKS = HERE.parent / "notebooks"
IMAGES = NOTEBOOKS / "images"
DENSE, TIGHT = 300, 520  # characters from which the type is smaller, and smaller still
FORMULA = 110  # characters that a displayed formula takes the room of


def deck(names: Sequence[str] = ()) -> str:
    """The slides of the notebooks whose names begin with these numbers (none: of all) as one page of HTML."""
    paths = [path for path in sorted(NOTEBOOKS.glob("*.ipynb")) if not names or path.name[:2] in names]
    if missing := [name for name in names if name not in {path.name[:2] for path in paths}]:
        there = ", ".join(path.name[:2] for path in sorted(NOTEBOOKS.glob("*.ipynb")))
        raise ValueError(f"there are the notebooks {there}; got {', '.join(missing)}")
    sections = [section(slide, path) for path in paths for slide in slides_of(path)]
    style, script = ((HERE / f"deck.{kind}").read_text("utf-8") for kind in ("css", "js"))
    head = f'<meta charset="utf-8"><title>nnRNN kit: slides</title><style>{style}</style>'
    body = "\n".join(sections)
    return (
        f'<!doctype html><html lang="en"><head>{head}</head>\n<body>{body}\n<script>{script}</script></body></html>\n'
    )


def slides_of(path: Path) -> list[Slide]:
    """The slides of a notebook, with its stored pictures."""
    from lab_pictures import PICTURES  # the labs, which take a second to import

    mine = [picture for picture in PICTURES if picture.name[:2] == path.name[:2]]
    pictures = [(picture.cell, picture.file, picture.title, words_of(picture.file)) for picture in mine]
    return lesson.slides_of(nbformat.read(path, as_version=4), pictures)


def words_of(picture: str) -> str:
    """The sentence of the lab that a stored picture shows."""
    found = re.search(r"<title>(.*?)</title>", (IMAGES / picture).read_text("utf-8"), re.DOTALL)
    assert found, picture
    return html.unescape(found[1])


def section(slide: Slide, path: Path) -> str:
    """A slide as an element of the page."""
    inside = {"question": _options, "answer": _options, "picture": _picture}.get(slide.kind, _body)(slide)
    long = _load(slide)
    size = " tight" if long > TIGHT else " dense" if long > DENSE else ""
    notes = f'<aside class="notes">{as_html(slide.notes)}</aside>' if slide.notes else ""
    heading = "h1" if slide.kind == "title" else "h2"
    title = re.sub(r"^<p>|</p>\s*$", "", as_html(slide.title))
    foot = f"<footer>{path.stem.replace('_', ' ')}</footer>"
    where = f'data-cell="{slide.cell}" class="slide {slide.kind}{size}"'
    return f"<section {where}><{heading}>{title}</{heading}>{inside}{foot}{notes}</section>"


def _load(slide: Slide) -> int:
    """How much there is to read on a slide, in characters."""
    if slide.kind in ("question", "answer"):
        return 0  # their type is as large as the longest needs
    return lesson.length(slide.body) + FORMULA * len(DISPLAYED.findall(slide.body))


def _body(slide: Slide) -> str:
    return f'<div class="body">{as_html(slide.body)}</div>'


def _picture(slide: Slide) -> str:
    svg = (IMAGES / slide.picture).read_text("utf-8")
    return f'<figure data-picture="{slide.picture}">{svg}</figure>'


def _options(slide: Slide) -> str:
    lines = []
    for option, reason in slide.options.items():
        if slide.kind == "question":
            lines.append(f"<li>{html.escape(option)}</li>")
        else:
            mark = ' class="right"' if option == slide.right else ""
            lines.append(f"<li{mark}><b>{html.escape(option)}</b> <span>{html.escape(reason)}</span></li>")
    return f'<ol class="options">{"".join(lines)}</ol>'


def print_pdf(page: Path, pdf: Path) -> None:
    """Print the page, a slide a sheet. RuntimeError where there is no browser."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise RuntimeError("no PDF: Playwright is not installed; print the page from a browser") from error
    import shutil

    found = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        except Error as error:
            raise RuntimeError("no PDF: there is no chromium; print the page from a browser") from error
        sheet = browser.new_page()
        sheet.goto(page.resolve().as_uri())
        sheet.pdf(path=pdf, prefer_css_page_size=True, print_background=True)
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description="The notebooks as slides.")
    parser.add_argument("notebooks", nargs="*", help="numbers, as 01 03 08; without any: all")
    parser.add_argument("-o", "--output", type=Path, default=Path("slides.html"))
    parser.add_argument("--pdf", action="store_true", help="print them too, with chromium")
    chosen = parser.parse_args()
    try:
        text = deck(chosen.notebooks)
    except ValueError as problem:
        parser.error(str(problem))
    chosen.output.write_text(text, "utf-8")
    print(
        f"{chosen.output}: {text.count('<section ')} slides, {len(text.encode()) / 1e6:.1f} MB; arrows turn the pages"
    )
    if chosen.pdf:
        try:
            print_pdf(chosen.output, chosen.output.with_suffix(".pdf"))
            print(f"{chosen.output.with_suffix('.pdf')}: printed")
        except RuntimeError as problem:
            print(problem)


if __name__ == "__main__":
    main()
