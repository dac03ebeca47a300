from outscope.bus import subjects


def test_every_stored_subject_has_one_stream() -> None:
    stored = (
        subjects.jobs("eu-west-1"),
        subjects.REPORTS,
        subjects.DELIVERIES,
        subjects.DELIVERY_ATTEMPTS,
        subjects.LOST_JOBS,
    )
    patterns = [pattern for stream in subjects.STREAMS for pattern in stream.subjects]
    for subject in stored:
        matching = [each for each in patterns if each in (subject, f"{subject.split('.')[0]}.*")]
        assert len(matching) == 1


def test_unstored_subjects_touch_no_stream() -> None:
    firsts = {pattern.split(".")[0] for stream in subjects.STREAMS for pattern in stream.subjects}
    for subject in (subjects.check_ended("chk_1"), subjects.presence("eu-west-1")):
        assert subject.split(".")[0] not in firsts


def test_the_probers_of_a_vantage_point_share_a_durable_of_their_own() -> None:
    first, second = subjects.jobs_consumer("eu-west-1"), subjects.jobs_consumer("us-east-1")
    assert first == subjects.jobs_consumer("eu-west-1")
    assert (first.name, first.subject) != (second.name, second.subject)
    assert first.subject == subjects.jobs("eu-west-1")


def test_a_job_is_handed_out_once_so_that_every_attempt_has_a_number_of_its_own() -> None:
    assert subjects.jobs_consumer("eu-west-1").max_deliver == 1
