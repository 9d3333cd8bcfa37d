"""A gRPC server that says its port. Calls with the message N are answered N by N."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import grpc

changed = threading.Condition()
waiting = Counter()
groups = Counter()


def gather(request, context):
    with changed:
        group = groups[request]
        waiting[request] += 1
        if waiting[request] == int(request):
            groups[request], waiting[request] = group + 1, 0
            changed.notify_all()
        complete = changed.wait_for(lambda: groups[request] > group, timeout=8)
        if not complete:
            waiting[request] -= 1
    return b"together" if complete else b"alone"


def gather_in_stream(request, context):
    yield b"first"
    yield gather(request, context)
    yield b"last"


handlers = grpc.method_handlers_generic_handler("test.Gate", {
    "Gather": grpc.unary_unary_rpc_method_handler(gather),
    "CountWaiting": grpc.unary_unary_rpc_method_handler(
        lambda request, _: b"%d" % waiting[request]
    ),
    "GatherInStream": grpc.unary_stream_rpc_method_handler(gather_in_stream),
    "Echo": grpc.stream_stream_rpc_method_handler(lambda requests, context: requests),
})  # fmt: skip
server = grpc.server(ThreadPoolExecutor(300), handlers=[handlers])
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
