"""JSON schema of a pydantic model in the form that language models read best: inlined, closed, without titles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaWarningKind

_DEFINITION = "#/$defs/"


class _Untitled(GenerateJsonSchema):
    """Leaves out titles that only repeat a field's name, and the warnings about skipped values."""

    ignored_warning_kinds: ClassVar[set[JsonSchemaWarningKind]] = {  # type: ignore[misc]
        "skipped-choice",
        "non-serializable-default",
    }

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def parameters_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of `model`; only types that contain themselves stay in ``$defs``."""
    schema = model.model_json_schema(schema_generator=_Untitled)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    for titled in (schema, *definitions.values()):
        titled.pop("title", None)  # the class's name
    recursive = {name for name in definitions if name in _reachable(definitions[name], definitions)}
    kept = {name for name in _reachable(schema, definitions) if name in recursive}
    result: dict[str, Any] = _inline(schema, definitions, recursive)
    if kept:
        result["$defs"] = {name: _inline(definitions[name], definitions, recursive) for name in sorted(kept)}
    return result


def _referenced(node: dict[str, Any]) -> str | None:
    reference = node.get("$ref")
    return reference.removeprefix(_DEFINITION) if isinstance(reference, str) else None


def _reachable(schema: Any, definitions: dict[str, Any]) -> set[str]:
    """Return the names of all definitions that `schema` refers to, directly or through others."""
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            name = _referenced(node)
            if name is not None and name not in found:
                found.add(name)
                waiting.append(definitions[name])
    return found


def _inline(node: Any, definitions: dict[str, Any], recursive: set[str]) -> Any:
    if isinstance(node, list):
        return [_inline(entry, definitions, recursive) for entry in node]
    if not isinstance(node, dict):
        return node
    name = _referenced(node)
    if name is not None and name not in recursive:
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return _inline({**definitions[name], **beside}, definitions, recursive)
    inlined = {key: _inline(value, definitions, recursive) for key, value in node.items()}
    if isinstance(inlined.get("discriminator"), dict) and "oneOf" in inlined:
        del inlined["discriminator"]  # an OpenAPI word whose mapping points into $defs
    if inlined.get("type") == "object" and isinstance(inlined.get("properties"), dict):
        inlined.setdefault("additionalProperties", False)
    return inlined
