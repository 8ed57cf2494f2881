"""What ``umlkit recipes``, ``methods`` and ``encoders`` list, as documents."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from umlkit.runs.records.common import Part, Record


class OptionEntry(Part):
    """One option of an encoder or a method."""

    name: str = Field(description="key in the recipe")
    default: Any = Field(description="value where the recipe says nothing")
    description: str = Field(description="what it does")


class RecipeEntry(Part):
    """One bundled recipe."""

    name: str = Field(description="what RECIPE may be")
    summary: str = Field(description="what it shows")


class MethodEntry(Part):
    """One method."""

    name: str = Field(description="what --method may be")
    summary: str = Field(description="what it does")
    candidate: bool = Field(description="whether advice may name it")
    builds_on: list[str] = Field(description="what is trained before it")
    options: list[OptionEntry] = Field(description="what a recipe may say of it, below `methods`")


class EncoderEntry(Part):
    """One encoder."""

    name: str = Field(description="what `encoder` of a modality may be")
    summary: str = Field(description="what it is")
    kinds: list[str] = Field(description="the kinds of modality it reads")
    options: list[OptionEntry] = Field(description="what a recipe may say of it, beside its name")


class RecipesRecord(Record):
    """The bundled recipes."""

    KIND: ClassVar[str] = "umlkit.recipes"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit recipes --json"

    schema_: Literal["umlkit.recipes/1"] = Field(default="umlkit.recipes/1", alias="schema")
    recipes: list[RecipeEntry]


class CopyRecord(Record):
    """A bundled recipe that was copied."""

    KIND: ClassVar[str] = "umlkit.copy"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit recipes copy NAME --json"

    schema_: Literal["umlkit.copy/1"] = Field(default="umlkit.copy/1", alias="schema")
    recipe: str = Field(description="name of the bundled recipe")
    file: str = Field(description="where it was copied to")


class MethodsRecord(Record):
    """The registered methods."""

    KIND: ClassVar[str] = "umlkit.methods"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit methods --json"

    schema_: Literal["umlkit.methods/1"] = Field(default="umlkit.methods/1", alias="schema")
    methods: list[MethodEntry]


class EncodersRecord(Record):
    """The registered encoders."""

    KIND: ClassVar[str] = "umlkit.encoders"
    VERSION: ClassVar[int] = 1
    COMMAND: ClassVar[str] = "umlkit encoders --json"

    schema_: Literal["umlkit.encoders/1"] = Field(default="umlkit.encoders/1", alias="schema")
    encoders: list[EncoderEntry]
