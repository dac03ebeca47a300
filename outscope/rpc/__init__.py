"""gRPC as we speak it: server, channel, interceptors, and refusals as status."""
