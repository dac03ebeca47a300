import pytest

from services.prober.judge.html import attributes, html_facts, live_source, prose, visible_text


def test_a_form_has_its_fields_action_and_words() -> None:
    (form,) = html_facts(
        '<form id="f" action="/go"><label>your name</label><input name="who" placeholder="me">'
        '<input type="hidden" name="csrf"><input type="password"><button>send</button></form>'
    ).forms
    assert form.action == "/go"
    assert [(field.type, field.names) for field in form.fields] == [
        ("", "who me"),
        ("password", ""),
    ]
    assert form.passwords == 1
    for word in ("f", "your name", "send"):
        assert word in form.words
    assert not form.is_loose


def test_an_unclosed_form_ends_with_the_next() -> None:
    forms = html_facts("<form action=/a><input name=a><form action=/b><input name=b>").forms
    assert [(form.action, form.fields[0].names) for form in forms] == [("/a", "a"), ("/b", "b")]


def test_fields_outside_a_form_make_a_loose_one() -> None:
    (form,) = html_facts("<p>members</p><input type=password name=p><p>enter</p>").forms
    assert form.is_loose
    assert form.words == "members enter"


def test_what_scripts_comments_and_templates_hold_is_not_read() -> None:
    inside = "<input type=password><form></form><meta http-equiv=refresh content='0;url=/x'>"
    for around in (
        "<script>{}</script>",
        "<!-- {} -->",
        "<template>{}</template>",
        "<style>{}",
        "<noscript>{}",
    ):
        facts = html_facts(around.format(inside))
        assert (facts.forms, facts.refresh) == ((), "")


def test_scripts_frames_refresh_and_elements_are_listed() -> None:
    facts = html_facts(
        "<script src='/a.js'></script><script>x</script><iframe src=/f></iframe>"
        '<meta http-equiv="refresh" content="5; url=\'/next\'"><redoc></redoc><a href=x>x</a>'
    )
    assert facts.script_sources == ("/a.js",)
    assert facts.frame_sources == ("/f",)
    assert facts.refresh == "/next"
    assert facts.elements == {"redoc"}
    assert facts.links == 1


@pytest.mark.parametrize("content", ["5", "", "soon", "5; /next"])
def test_a_refresh_without_an_address_leads_nowhere(content: str) -> None:
    assert html_facts(f'<meta http-equiv="refresh" content="{content}">').refresh == ""


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("a=\"1\" b='2' c=3 d", {"a": "1", "b": "2", "c": "3"}),
        ('type = "x > y"', {"type": "x > y"}),
        ('a="1" a="2"', {"a": "1"}),
        ('data-id="7" id=8', {"data-id": "7", "id": "8"}),
        ('a="', {}),
    ],
)
def test_attributes_are_read_as_browsers_do(tag: str, expected: dict[str, str]) -> None:
    assert attributes(tag) == expected


def test_a_greater_sign_in_a_quoted_value_does_not_end_the_tag() -> None:
    (form,) = html_facts('<form><input title="a > b" type="password"></form>').forms
    assert form.passwords == 1


def test_visible_text_is_what_a_reader_sees() -> None:
    text = (
        "<head><title>t</title><style>s</style></head><script>if (a<b) {}</script><!-- c -->"
        "<p>one</p>\n<b>two</b><noscript>n</noscript> three"
    )
    assert visible_text(text) == "one two three"


def test_prose_is_what_is_there_to_read() -> None:
    text = (
        "<title>t</title><nav><a href=/x>home</a></nav><p>one</p><label>user</label>"
        "<select><option>german</select><button>go</button><abbr>two</abbr>"
    )
    assert prose(text) == "one two"


def test_text_after_an_unclosed_script_is_not_visible() -> None:
    assert visible_text("<p>one<script>two") == "one"


def test_of_many_forms_the_words_of_the_first_few_are_read() -> None:
    form = "<form><input type=password name=a> sign in </form>"
    forms = html_facts(form * 64).forms
    assert len(forms) == 64
    assert sum("sign in" in form.words for form in forms) == 8


def test_a_form_without_fields_takes_no_part_in_the_reading_of_words() -> None:
    forms = html_facts("<form>menu</form>" * 20 + "<form><input name=a> sign in </form>").forms
    assert forms[0].words.strip() == ""
    assert "sign in" in forms[-1].words


def test_what_is_read_of_all_forms_together_is_bounded() -> None:
    long = "<form><input name=a>" + "x <b>" * 3000
    words = [form.words.strip() for form in html_facts(long * 4).forms]
    assert [bool(each) for each in words] == [True, True, False, False]


def test_thousands_of_comments_hide_no_form_and_no_text() -> None:
    text = "<!---->" * 5000 + "<form><input type=password name=p></form><p>members only</p>"
    (form,) = html_facts(text).forms
    assert form.passwords == 1
    assert "members only" in visible_text(text)


@pytest.mark.parametrize(
    "around",
    ["<!--%s-->", "<textarea>%s</textarea>", "<xmp>%s</xmp>", "<template>%s</template>"],
)
def test_scripts_in_what_browsers_make_no_elements_of_are_none(around: str) -> None:
    page = "<p>a" + around % "<script src=/viewer.js></script><div id=b></div>" + "<p>c"
    assert html_facts(page).script_sources == ()
    assert "viewer" not in live_source(page)
    assert "id=b" not in live_source(page)
    assert "<p>c" in live_source(page)


def test_a_script_is_live_with_what_looks_like_a_comment_in_it() -> None:
    page = "<script><!--\nviewer()\n--></script><div id=b>"
    assert live_source(page) == page
