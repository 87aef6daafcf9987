"""What every preset is: one line of JSON that says what kind of lab it is of, and in which format."""

from __future__ import annotations

import json
from typing import Any


def read_preset(text: str, kind: str, format: int, lab: str, example: str = "") -> dict[str, Any]:
    """The content of a preset of this kind, without its mark. ValueError that says what is wrong with the text.

    lab: what the reader calls the kind. example: a whole preset, for those short enough to be typed.
    """
    example = f"; one looks like {example}" if example else ""
    try:
        content = json.loads(text)
    except (json.JSONDecodeError, TypeError) as error:
        raise ValueError(f"this is not a preset: {error}; copy the whole line, from {{ to }}{example}") from error
    if not isinstance(content, dict) or content.pop(kind, None) != format:
        article = "an" if lab[0] in "AEIOU" else "a"
        raise ValueError(f'this is not a preset of {article} {lab}: it lacks "{kind}":{format}{example}')
    return content
