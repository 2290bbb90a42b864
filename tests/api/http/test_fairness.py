"""Requests of a busy practice wait for each other; those of others find a thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest

from api.http.authentication import KeyAuthenticator
from api.http.thread_pool import FairThreadPool
from application.access.secret_keys import KEY_PREFIX, new_token
from application.kernel.errors import OverloadedError
from tests.support.wait_until import TIMEOUT_SECONDS

Order: TypeAlias = list[str]


def run_scene(scene: Callable[[FairThreadPool], Coroutine[Any, Any, None]], *, threads: int, share: int) -> None:
    async def play() -> None:
        thread_pool = FairThreadPool(threads, share)
        try:
            await scene(thread_pool)
        finally:
            thread_pool.close()

    asyncio.run(play())


@pytest.fixture(autouse=True)
def long_wait_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is refused because the machine stood still: one test alone is about that."""
    monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", TIMEOUT_SECONDS)


class TestThreadShare:
    def test_leaves_threads_to_other_practices(self) -> None:
        go_on = threading.Event()

        async def scene(thread_pool: FairThreadPool) -> None:
            crowd = [
                asyncio.create_task(thread_pool.run("loud", lambda: go_on.wait(TIMEOUT_SECONDS))) for _ in range(50)
            ]
            await asyncio.sleep(0)
            answer = await asyncio.wait_for(thread_pool.run("quiet", lambda: "at once"), TIMEOUT_SECONDS)
            go_on.set()
            done = await asyncio.gather(*crowd)
            assert answer == "at once"
            assert all(done)

        run_scene(scene, threads=4, share=3)

    def test_is_never_exceeded_and_never_lost(self) -> None:
        lock = threading.Lock()
        running, most = 0, 0

        def work() -> None:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            threading.Event().wait(0.001)
            with lock:
                running -= 1

        async def scene(thread_pool: FairThreadPool) -> None:
            for _ in range(3):
                await asyncio.gather(*(thread_pool.run("loud", work) for _ in range(20)))

        run_scene(scene, threads=8, share=3)
        assert most == 3

    def test_is_restored_after_a_failure(self) -> None:
        def fail() -> None:
            raise ValueError("wrong")

        async def scene(thread_pool: FairThreadPool) -> None:
            failed = await asyncio.gather(*(thread_pool.run("a", fail) for _ in range(9)), return_exceptions=True)
            assert all(isinstance(each, ValueError) for each in failed)
            assert await thread_pool.run("a", lambda: "fine") == "fine"

        run_scene(scene, threads=2, share=1)


class TestKeysThatAreNotKnown:
    def test_are_looked_up_in_the_share_of_their_network(self) -> None:
        lock, share_is_used, go_on = threading.Lock(), threading.Event(), threading.Event()
        running: list[bytes] = []

        def find(digest: bytes) -> None:
            with lock:
                running.append(digest)
                if len(running) == 2:
                    share_is_used.set()
            go_on.wait(TIMEOUT_SECONDS)

        async def scene(thread_pool: FairThreadPool) -> None:
            keys = KeyAuthenticator(find, thread_pool)
            tries = [asyncio.create_task(keys.actor(new_token(KEY_PREFIX), "192.0.2.1")) for _ in range(9)]
            await asyncio.to_thread(share_is_used.wait, TIMEOUT_SECONDS)
            answer = await asyncio.wait_for(thread_pool.run("practice", lambda: "at once"), TIMEOUT_SECONDS)
            assert (answer, len(running)) == ("at once", 2)
            go_on.set()
            assert await asyncio.gather(*tries) == [None] * 9

        run_scene(scene, threads=4, share=2)


class TestTurns:
    def test_go_round_the_practices_that_wait_and_are_in_order_within_each(self) -> None:
        order: Order = []
        go_on = threading.Event()

        async def scene(thread_pool: FairThreadPool) -> None:
            first = asyncio.create_task(thread_pool.run("a", lambda: go_on.wait(TIMEOUT_SECONDS)))
            await asyncio.sleep(0)
            waiting = [
                asyncio.create_task(thread_pool.run(name[0], lambda name=name: order.append(name)))  # type: ignore[misc]
                for name in ("a1", "a2", "a3", "b1", "b2", "c1")
            ]
            await asyncio.sleep(0)
            go_on.set()
            await asyncio.gather(first, *waiting)

        run_scene(scene, threads=1, share=1)
        assert order == ["a1", "b1", "c1", "a2", "b2", "a3"]

    def test_skip_callers_that_left(self) -> None:
        order: Order = []
        go_on = threading.Event()

        async def scene(thread_pool: FairThreadPool) -> None:
            first = asyncio.create_task(thread_pool.run("a", lambda: go_on.wait(TIMEOUT_SECONDS)))
            await asyncio.sleep(0)
            gone = asyncio.create_task(thread_pool.run("a", lambda: order.append("gone")))
            next_ = asyncio.create_task(thread_pool.run("a", lambda: order.append("next")))
            await asyncio.sleep(0)
            gone.cancel()
            go_on.set()
            await asyncio.gather(first, next_)
            assert await thread_pool.run("b", lambda: "free") == "free"

        run_scene(scene, threads=1, share=1)
        assert order == ["next"]

    def test_that_come_just_as_the_caller_leaves_are_the_next_ones(self) -> None:
        go_on = threading.Event()

        async def scene(thread_pool: FairThreadPool) -> None:
            first = asyncio.create_task(thread_pool.run("a", lambda: go_on.wait(TIMEOUT_SECONDS)))
            await asyncio.sleep(0)
            leaving = asyncio.create_task(thread_pool.run("a", lambda: "never"))
            await asyncio.sleep(0)
            first.add_done_callback(lambda _: leaving.cancel())
            go_on.set()
            await asyncio.gather(first, leaving, return_exceptions=True)
            assert await asyncio.wait_for(thread_pool.run("a", lambda: "free"), TIMEOUT_SECONDS) == "free"

        run_scene(scene, threads=1, share=1)

    def test_that_do_not_come_are_refused_and_nobody_else_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("api.http.thread_pool.TIMEOUT_SECONDS", 0.05)
        go_on = threading.Event()

        async def scene(thread_pool: FairThreadPool) -> None:
            first = asyncio.create_task(thread_pool.run("loud", lambda: go_on.wait(TIMEOUT_SECONDS)))
            await asyncio.sleep(0)
            crowd = [thread_pool.run("loud", lambda: "too early") for _ in range(10)]
            refused = await asyncio.gather(*crowd, return_exceptions=True)
            answer = await thread_pool.run("quiet", lambda: "fine")
            go_on.set()
            await first
            assert all(isinstance(each, OverloadedError) for each in refused)
            assert (answer, await thread_pool.run("loud", lambda: "again")) == ("fine", "again")

        run_scene(scene, threads=2, share=1)
