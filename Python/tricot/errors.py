"""What goes wrong, said so that something can be done about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Finding:
    """Something that Tricot has to say: an error, a warning or a note."""

    severity: str
    """``error``, ``warning`` or ``note``."""
    code: str
    """Stable, in kebab case: ``unsupported-operator``."""
    message: str
    file: str | None = None
    place: str | None = None
    """The place inside the file: a layer, a JSON pointer, ``line 3, column 7``."""
    notes: list[str] = field(default_factory=list)
    hint: str | None = None
    """What to do."""

    @classmethod
    def of(cls, document: dict[str, Any]) -> Finding:
        return cls(**{name: document[name] for name in cls.__dataclass_fields__ if name in document})

    def __str__(self) -> str:
        lines = [f"[{self.code}] {self.message}"]
        if self.file:
            lines.append(f"  at {self.file}" + (f": {self.place}" if self.place else ""))
        lines += [f"  note: {note}" for note in self.notes]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class TricotError(Exception):
    """What Tricot refuses: ``code``, ``message``, ``file`` and ``place`` where it is about one, ``notes``, ``hint``."""

    def __init__(self, finding: Finding):
        super().__init__(str(finding))
        self.finding = finding

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.finding,))

    @property
    def code(self) -> str:
        """Stable, in kebab case: ``unsupported-operator``."""
        return self.finding.code

    @property
    def message(self) -> str:
        return self.finding.message

    @property
    def file(self) -> str | None:
        return self.finding.file

    @property
    def place(self) -> str | None:
        return self.finding.place

    @property
    def notes(self) -> list[str]:
        return self.finding.notes

    @property
    def hint(self) -> str | None:
        return self.finding.hint


class TricotWarning(UserWarning):
    """A finding that does not stop the work, such as a layer whose sums can wrap."""


def refusal(code: str, message: str, hint: str | None = None) -> TricotError:
    """An error of this layer's own."""
    return TricotError(Finding("error", code, message, hint=hint))
