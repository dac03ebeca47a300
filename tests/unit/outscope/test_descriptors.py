import resource

from outscope.descriptors import raise_descriptor_limit


def test_the_soft_limit_becomes_the_hard_one() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(1000, soft), hard))
    try:
        limit = raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (limit, hard)
        assert limit == (65_536 if hard == resource.RLIM_INFINITY else hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
