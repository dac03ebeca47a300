from services.prober.presence import prober_key


def test_a_probers_id_is_one_word_of_a_key() -> None:
    assert prober_key("host.example.com-0a1b") == "host_example_com-0a1b"
    assert prober_key("a b*>") == "a_b__"
