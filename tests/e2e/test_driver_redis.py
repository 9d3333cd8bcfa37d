"""redis-py as Debian ships it."""

import json

import pytest
from conftest import eventually

CROWD = 30


@pytest.fixture
def client(redis_socket):
    import redis

    with redis.Redis(unix_socket_path=str(redis_socket), decode_responses=True) as client:
        client.flushall()
        yield client


@pytest.fixture
def server(serve, client, redis_socket):
    return serve("--workers", "1", "driver_redis:app", env={"SOCKET": str(redis_socket)})


def blocked(client) -> int:
    return client.info("clients")["blocked_clients"]


def numbers(answers) -> list[int]:
    return sorted(json.loads(answer.result().body) for answer in answers)


def test_blocking_pops_wait_together(server, client):
    with server.crowd(CROWD, "/pop") as answers:
        eventually(lambda: blocked(client) == CROWD, "all wait in Redis")
        assert server.get("/ping").text == '"pong"'
        assert server.kernel_tasks() < CROWD
        client.rpush("items", *range(CROWD))
    assert numbers(answers) == list(range(CROWD))


def test_subscribers_wait_together(server, client):
    with server.crowd(CROWD, "/subscribe") as answers:
        eventually(lambda: client.pubsub_numsub("news") == [("news", CROWD)], "all have subscribed")
        assert server.kernel_tasks() < CROWD
        assert client.publish("news", "it rains") == CROWD
    assert [answer.result().text for answer in answers] == ['"it rains"'] * CROWD


def test_requests_wait_for_a_connection_of_the_pool(server, client):
    with server.crowd(CROWD, "/pop_through_few") as answers:
        eventually(lambda: blocked(client) == 5, "as many wait in Redis as there are connections")
        assert server.get("/ping").text == '"pong"'
        assert (blocked(client), server.kernel_tasks() < CROWD) == (5, True)
        client.rpush("items", *range(CROWD))
    assert numbers(answers) == list(range(CROWD))


def test_a_connection_serves_whoever_asks(server, client):
    with server.crowd(CROWD, "/pipeline") as answers:
        pass
    assert {answer.result().text for answer in answers} == {"1000000"}
    assert client.get("visits") == str(CROWD)
