"""The limit: the same work by a plain program in C, on the OpenSSL that the engine uses.

That OpenSSL is linked into the wheel of `cryptography`, which exports none of it; its binding tells
where each call is, and yardstick.c, compiled when the benchmark runs, is told so in turn.

Run as a process: `python -m bench.prober.yardstick REQUEST`, where REQUEST is a JSON file.
"""

import ctypes
import json
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.bindings._rust import _openssl
from OpenSSL import SSL

from bench.children import MEASURED_CORE, OTHER_CORES, finished, module_command
from bench.memory import peak_bytes
from bench.prober.rate import Rate
from bench.targets.serving import Targets
from services.prober.observe.trust import client_context

_SOURCE: Final = Path(__file__).with_name("yardstick.c")
# In the order of struct library.
_CALLS: Final = (
    *("SSL_new", "SSL_free", "SSL_set_bio", "SSL_set_connect_state", "SSL_set_tlsext_host_name"),
    *("SSL_get0_param", "X509_VERIFY_PARAM_set1_host", "SSL_do_handshake", "SSL_get_error"),
    *("SSL_read", "SSL_write", "ERR_clear_error", "BIO_new", "BIO_s_mem", "BIO_read", "BIO_write"),
)


class _Work(ctypes.Structure):
    """What yardstick_run is told: struct work."""

    _fields_ = (
        ("library", ctypes.c_void_p),
        ("context", ctypes.c_void_p),
        ("names", ctypes.POINTER(ctypes.c_char_p)),
        ("count", ctypes.c_int),
        ("concurrency", ctypes.c_int),
        ("plain_port", ctypes.c_int),
        ("tls_port", ctypes.c_int),
        ("resolver_host", ctypes.c_char_p),
        ("resolver_port", ctypes.c_int),
        ("only_lookups", ctypes.c_int),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the process is to probe, and with which program."""

    program: str
    names: list[str]
    ports: list[int]
    resolver: list[str | int]
    ca_file: str
    concurrency: int
    only_lookups: bool


async def yardstick_program(folder: Path) -> Path | None:
    """Return the compiled program, if there is a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    program = folder / "yardstick.so"
    options = ["-O2", "-Wall", "-Werror", "-D_GNU_SOURCE", "-shared", "-fPIC"]
    await finished([compiler, *options, "-o", str(program), str(_SOURCE)], cores=OTHER_CORES)
    return program


async def yardstick_rate(
    program: Path,
    targets: Targets,
    names: Sequence[str],
    concurrency: int,
    *,
    only_lookups: bool = False,
) -> Rate:
    """Do the work once, or its look-ups only, on the measured core."""
    request = Request(
        program=str(program),
        names=list(names),
        ports=list(targets.ports),
        resolver=list(targets.resolver),
        ca_file=str(targets.ca_file),
        concurrency=concurrency,
        only_lookups=only_lookups,
    )
    path = program.with_suffix(".json")
    path.write_text(json.dumps(asdict(request)))
    ended = await finished(module_command("bench.prober.yardstick", path), cores=MEASURED_CORE)
    return Rate(**json.loads(ended.stdout))


def _run(request: Request) -> Rate:
    context = client_context(ca_file=Path(request.ca_file))
    # The engine notes what it verifies; here a certificate that is not trusted ends the run.
    context.set_verify(SSL.VERIFY_PEER)
    host, port = request.resolver
    names = [name.encode() for name in request.names]
    library = (ctypes.c_void_p * len(_CALLS))(*map(_address, _CALLS))
    work = _Work(
        library=ctypes.cast(library, ctypes.c_void_p),
        context=_number(context._context),  # noqa: SLF001 - no call gives it
        names=(ctypes.c_char_p * len(names))(*names),
        count=len(names),
        concurrency=request.concurrency,
        plain_port=request.ports[0],
        tls_port=request.ports[1],
        resolver_host=str(host).encode(),
        resolver_port=int(port),
        only_lookups=request.only_lookups,
    )
    run = ctypes.CDLL(request.program).yardstick_run
    cpu_s, elapsed_s = time.process_time(), time.monotonic()
    run(ctypes.byref(work))
    return Rate(
        hosts=len(names),
        cpu_s=time.process_time() - cpu_s,
        elapsed_s=time.monotonic() - elapsed_s,
        peak_bytes=peak_bytes(),
    )


def _address(call: str) -> int:
    return _number(_openssl.ffi.addressof(_openssl.lib, call))


def _number(pointer: Any) -> int:  # noqa: ANN401 - cffi has no types
    return int(_openssl.ffi.cast("uintptr_t", pointer))


if __name__ == "__main__":
    rate = _run(Request(**json.loads(Path(sys.argv[1]).read_text())))
    print(json.dumps(asdict(rate)))
