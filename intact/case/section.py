"""What every table of a case file is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def key(meaning: str, default: Any = ..., example: Any = None) -> Any:
    """A key of the case file. Without a default it is required."""
    return Field(default, description=meaning, examples=[default if example is None else example])


class Section(BaseModel):
    """Frozen and complete: a key that is not listed is a mistake; defaults are read like a user's text."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)
