from services.gateway.openapi_webhooks import EVENT_ENTRIES, webhook_entries

ENTRIES = webhook_entries({entry.body: {"$ref": entry.body.__name__} for entry in EVENT_ENTRIES})


def test_an_entry_is_a_post_of_the_body_of_its_event_without_a_key_of_ours() -> None:
    for entry in EVENT_ENTRIES:
        operation = ENTRIES[entry.type]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        assert content["schema"] == {"$ref": entry.body.__name__}
        assert operation["security"] == []
        assert set(operation["responses"]) == {"2XX"}


def test_an_entry_tells_the_headers_of_standard_webhooks() -> None:
    for entry in ENTRIES.values():
        headers = {each["name"]: each["required"] for each in entry["post"]["parameters"]}
        signed = dict.fromkeys(("webhook-id", "webhook-timestamp", "webhook-signature"), True)
        assert headers == {**signed, "traceparent": False}


def test_names_of_entries_are_unique() -> None:
    names = [entry["post"]["operationId"] for entry in ENTRIES.values()]
    assert len(set(names)) == len(names)
