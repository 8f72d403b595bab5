"""Which names of an answer are those of classes, as test code means them."""

from __future__ import annotations

import re

__all__ = ["Naming"]

_DEFINITION = re.compile(r"^(?=\s*(?:async\s+)?(def|class)\s+(\S+))", re.MULTILINE)
_WORD_EDGE = re.compile(r"\b")


class Naming:
    """What an answer may make a class, and whose objects then are the test's own.

    An answer can write a class where a function was asked for. Then "calling" it makes an object, which must count as
    a result. So a name is a class's when the prompt has it as one, and else when it is written like one (PEP 8:
    ``CapWords``) and the prompt has no function of that name.

    Args:
        prompt: of the problem, in any language.
    """

    def __init__(self, prompt: str) -> None:
        self._prompt = prompt

    def is_class(self, name: str) -> bool:
        """Whether a name of the answer's module is meant as a class's; a path to something in a class never is."""
        if not name.isidentifier() or self._prompt_has("def", name):
            return False
        bare = name.lstrip("_")
        return self._prompt_has("class", name) or (bare[:1].isupper() and "_" not in bare)

    def _prompt_has(self, keyword: str, name: str) -> bool:
        # Compiling a pattern of the name for each answer would take longer than the search.
        return any(
            match[1] == keyword and match[2].startswith(name) and _WORD_EDGE.match(match[2], len(name))
            for match in _DEFINITION.finditer(self._prompt)
        )
