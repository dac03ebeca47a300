"""Calls tools of the Model Context Protocol, and holds what they return to their schemas."""

from typing import Any

import jsonschema
from mcp import Client


async def called(client: Client, tool: str, **arguments: object) -> dict[str, Any]:
    """Call a tool; what it returns is as its output schema says, in both forms."""
    schemas = {one.name: one.output_schema for one in (await client.list_tools()).tools}
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    found: dict[str, Any] = result.structured_content
    jsonschema.validate(found, schemas[tool] or False)
    return found
