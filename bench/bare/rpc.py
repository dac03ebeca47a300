"""grpc.aio alone: a unary method that answers with what it was sent.

Run as a process: `python -m bench.bare.rpc`; prints the address it serves.
"""

import json
from typing import Any, Final

import grpc.aio
import uvloop

SERVICE: Final = "bench.Bare"
METHOD: Final = "Echo"


async def _echo(request: bytes, context: "grpc.aio.ServicerContext[Any, Any]") -> bytes:
    del context
    return request


async def serve() -> None:
    """Serve until killed."""
    server = grpc.aio.server()
    methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
        METHOD: grpc.unary_unary_rpc_method_handler(_echo)
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, methods),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps(f"127.0.0.1:{port}"), flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve())
