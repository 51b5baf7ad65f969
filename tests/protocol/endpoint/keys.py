"""Keys and addresses that the tests of endpoints give."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

KEY = "sk-verysecret123"
AZURE = "https://res.openai.azure.com"
AZURE_URL = "wss://res.openai.azure.com/openai/v1/realtime?model=talker"


def set_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("OPENAI", "sk-open"), ("AZURE_OPENAI", "azure-key"), ("XAI", "xai-key")):
        monkeypatch.setenv(f"{name}_API_KEY", value)
