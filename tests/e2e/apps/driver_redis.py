"""redis-py, at the unix socket SOCKET."""

import os

import redis
from functions import application, ping

client = redis.Redis(unix_socket_path=os.environ["SOCKET"], socket_timeout=12)
few = redis.Redis(connection_pool=redis.BlockingConnectionPool(
    max_connections=5, timeout=10, connection_class=redis.UnixDomainSocketConnection,
    path=os.environ["SOCKET"],
))  # fmt: skip


def pop():
    return int(client.blpop("items", timeout=10)[1])


def pop_through_few():
    return int(few.blpop("items", timeout=10)[1])


def subscribe():
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe("news")
        for message in subscription.listen():
            return message["data"].decode()


def pipeline():
    """Commands in one go, among them an answer that is longer than any buffer."""
    with client.pipeline() as commands:
        commands.incr("visits").set("large", b"x" * 1_000_000).get("large")
        return len(commands.execute()[2])


app = application(ping, pop, pop_through_few, subscribe, pipeline)
