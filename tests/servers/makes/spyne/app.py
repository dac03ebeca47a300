"""Spyne's hello world: SOAP 1.1 over WSGI."""

from spyne import Application, Iterable, ServiceBase, Unicode, UnsignedInteger, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication


class HelloWorldService(ServiceBase):
    @rpc(Unicode, UnsignedInteger, _returns=Iterable(Unicode))
    def say_hello(ctx, name, times):  # noqa: N805 - spyne hands the context over first
        for _ in range(times):
            yield f"Hello, {name}"


application = Application(
    [HelloWorldService],
    tns="spyne.examples.hello",
    in_protocol=Soap11(validator="soft"),
    out_protocol=Soap11(),
)
app = WsgiApplication(application)
