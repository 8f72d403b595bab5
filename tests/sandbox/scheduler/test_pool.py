"""The pool whose items coroutines take turns to use, and the lock."""

from __future__ import annotations

import math

import pytest

from sandbox.scheduler.loop import CancelledError, Future, Loop, writable
from sandbox.scheduler.pool import _MAX_PASSED, Lock, Pool
from tests.sandbox.scheduler.coroutines import giving, soon


class TestPool:
    def test_hands_out_first_come_first_served(self, loop: Loop, pipe: tuple[int, int]) -> None:
        pool = Pool(["a"])
        order = []

        async def use(name: int) -> None:
            item = await pool.acquire()
            order.append((name, item))
            await writable(pipe[1], math.inf)
            pool.release(item)

        loop.run([use(name) for name in range(5)])
        assert order == [(name, "a") for name in range(5)]

    def test_skips_no_waiting_task(self, loop: Loop) -> None:
        """What is given back goes to who has waited longest, even if the giver asks again at once."""
        pool = Pool(["a"])
        order = []

        async def use(name: str) -> None:
            for _ in range(3):
                item = await pool.acquire()
                order.append(name)
                await loop.spawn(giving(None))
                pool.release(item)

        loop.run([use("x"), use("y"), use("z")])
        assert "".join(order) == "xyzxyzxyz"

    def test_never_hands_an_item_to_two(self, loop: Loop, pipe: tuple[int, int]) -> None:
        pool = Pool(["a", "b"])
        held: list[str] = []
        most = 0

        async def use() -> None:
            nonlocal most
            item = await pool.acquire()
            assert item not in held
            held.append(item)
            most = max(most, len(held))
            await loop.spawn(giving(None))
            await loop.spawn(giving(None))
            held.remove(item)
            pool.release(item)

        loop.run([use() for _ in range(10)])
        assert (held, most) == ([], 2)

    def test_serves_the_owner_that_holds_the_fewest(self, loop: Loop) -> None:
        pool = Pool([1, 2])
        order = []

        async def use(owner: str) -> None:
            item = await pool.acquire(owner=owner)
            order.append(owner)
            await loop.spawn(giving(None))
            pool.release(item, owner)

        loop.run([*(use("many") for _ in range(6)), use("few"), use("one")])
        assert order[:3] == ["many", "many", "few"]
        assert "one" in order[3:5]
        assert order.count("many") == 6
        assert not pool._held
        assert not pool._waiting

    def test_gives_up_at_the_deadline_and_hands_nothing_to_who_gave_up(self, loop: Loop) -> None:
        pool = Pool(["a"])

        async def late() -> str:
            with pytest.raises(TimeoutError):
                await pool.acquire(deadline=soon())
            return "late"

        async def hold(until: Future[str]) -> None:
            item = await pool.acquire()
            await until
            pool.release(item)

        end: Future[str] = Future()

        async def last() -> None:
            assert await loop.spawn(late()) == "late"
            end.set("end")

        loop.run([hold(end), last()])
        assert list(pool._free) == ["a"]

    @pytest.mark.parametrize("handed", [False, True])
    def test_a_cancelled_task_keeps_nothing(self, loop: Loop, handed: bool) -> None:
        pool = Pool(["a"])

        async def use() -> None:
            await pool.acquire()

        async def main() -> None:
            item = await pool.acquire()
            waiting = loop.spawn(use())
            await loop.spawn(giving(None))
            if handed:
                pool.release(item)  # it has the item now, and has not run since
            loop.cancel(waiting)
            with pytest.raises(CancelledError):
                await waiting
            if not handed:
                pool.release(item)

        loop.run([main()])
        assert list(pool._free) == ["a"]
        assert not pool._waiting

    def test_prefers_what_was_used_last(self, loop: Loop) -> None:
        """Its processes are there already."""
        pool = Pool(["a", "b"])

        async def use() -> str:
            item = await pool.acquire()
            pool.release(item)
            return item

        assert loop.run([use(), use()]) == ["a", "a"]


class TestTopics:
    """Items go to coroutines for whose topic they have prepared."""

    def served(self, loop: Loop, items: str, wanted: str, owners: str = "") -> list[tuple[str, str]]:
        """Return items and topics in the order in which they were handed out, each for the same time."""
        pool: Pool[str] = Pool(items)
        log = []

        async def use(number: int, topic: str) -> None:
            owner = owners[number] if owners else None
            item = await pool.acquire(topic=topic, owner=owner)
            log.append((item, topic))
            for _ in range(3):
                await loop.spawn(giving(None))
            pool.release(item, owner)

        loop.run([use(number, topic) for number, topic in enumerate(wanted)])
        assert not pool._waiting
        assert sorted(pool._free) == sorted(items)
        return log

    def test_an_item_goes_on_with_its_topic(self, loop: Loop) -> None:
        log = self.served(loop, "ab", "xyxyxyxyxy")
        assert set(log) == {("a", "x"), ("b", "y")}

    def test_an_item_without_more_of_its_topic_takes_one_that_no_other_has(self, loop: Loop) -> None:
        log = self.served(loop, "ab", "xyxxxzzz")
        assert log[:4] == [("a", "x"), ("b", "y"), ("a", "x"), ("b", "z")]

    def test_an_item_is_never_idle_for_a_topics_sake(self, loop: Loop) -> None:
        assert [item for item, _ in self.served(loop, "abcd", "xxxxxxxx")].count("d") == 2

    def test_free_items_are_taken_for_their_topics(self, loop: Loop) -> None:
        pool = Pool("abc")

        async def use(topic: str) -> str:
            item = await pool.acquire(topic=topic)
            await loop.spawn(giving(None))
            pool.release(item)
            return item

        first = loop.run([use("x"), use("y"), use("z")])
        for topic, item in zip("yxzyx", [first[1], first[0], first[2], first[1], first[0]], strict=True):
            assert loop.run([use(topic)]) == [item]

    def test_whoever_waits_is_passed_over_a_few_times_only(self, loop: Loop) -> None:
        log = self.served(loop, "a", "xy" + "x" * 3 * _MAX_PASSED)
        assert [topic for _, topic in log].index("y") == _MAX_PASSED + 1

    def test_topics_do_not_overrule_fairness_between_owners(self, loop: Loop) -> None:
        log = self.served(loop, "ab", "xxxxyy", owners="mmmmff")
        assert [topic for _, topic in log][:3] == ["x", "x", "y"]


class TestTurn:
    def test_lets_one_in_at_a_time(self, loop: Loop) -> None:
        turn = Lock()
        log = []

        async def enter(name: str) -> None:
            async with turn:
                log.append(f"{name} in")
                await loop.spawn(giving(None))
                log.append(f"{name} out")

        loop.run([enter("a"), enter("b")])
        assert log == ["a in", "a out", "b in", "b out"]

    def test_is_released_after_an_error(self, loop: Loop) -> None:
        turn = Lock()

        async def stumble() -> None:
            async with turn:
                raise KeyError

        async def enter() -> str:
            async with turn:
                return "in"

        with pytest.raises(KeyError):
            loop.run([stumble()])
        assert loop.run([enter()]) == ["in"]
