"""A gRPC client of driver_grpc_server.py at 127.0.0.1:PORT; messages are plain bytes."""

import os

import grpc
from functions import application, ping

channel = grpc.insecure_channel(f"127.0.0.1:{os.environ['PORT']}")
gather = channel.unary_unary("/test.Gate/Gather")
count_waiting = channel.unary_unary("/test.Gate/CountWaiting")
gather_in_stream = channel.unary_stream("/test.Gate/GatherInStream")
echo = channel.stream_stream("/test.Gate/Echo")


def waiting(count):
    return int(count_waiting(count.encode(), timeout=10))


def unary(count):
    return gather(count.encode(), timeout=10).decode()


def streaming(count):
    return [message.decode() for message in gather_in_stream(count.encode(), timeout=10)]


def both_ways():
    """Three hundred messages out and in, so that the flow control of HTTP/2 has its say."""
    messages = (b"%d " % number * 500 for number in range(300))
    return sum(len(message) for message in echo(messages, timeout=10))


def too_late():
    try:
        gather(b"1000", timeout=0.2)
    except grpc.RpcError as error:
        return error.code().name


app = application(ping, waiting, unary, streaming, both_ways, too_late)
