"""How messages are signed, and when they are sent again."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from application.kernel.backoff import LONGEST_PAUSE, SHORTEST_PAUSE
from application.webhooks.messages import new_secret, signed_headers
from application.webhooks.sender import GIVE_UP_AFTER, LONGEST_RETRY_AFTER, is_given_up, next_attempt

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


class TestSigning:
    def test_agrees_with_the_example_of_standard_webhooks(self) -> None:
        """Source: test vector of github.com/standard-webhooks/standard-webhooks, read 2026-11."""
        headers = signed_headers(
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            datetime.fromtimestamp(1614265330, UTC),
            b'{"test": 2432232314}',
            ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        )

        assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

    def test_signs_with_each_secret(self) -> None:
        headers = signed_headers("msg_1", NOW, b"{}", [new_secret(), new_secret()])

        first, second = headers["webhook-signature"].split(" ")
        assert first != second
        assert {first[:3], second[:3]} == {"v1,"}


class TestRetrying:
    @given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1, exclude_max=True))
    def test_pauses_grow_to_an_hour_and_no_further(self, attempts: int, chance: float) -> None:
        pause = next_attempt(attempts, NOW, chance=lambda: chance) - NOW

        assert SHORTEST_PAUSE * 0.75 <= pause <= LONGEST_PAUSE * 1.25
        if attempts < 10:
            longer = next_attempt(attempts + 1, NOW, chance=lambda: chance) - NOW
            assert abs(longer - 2 * pause) <= timedelta.resolution  # each was rounded to the microsecond

    @given(st.timedeltas(timedelta(0), timedelta(days=400)))
    def test_leave_a_receiver_the_time_it_asks_for_up_to_six_hours(self, wanted: timedelta) -> None:
        pause = next_attempt(1, NOW, wanted, chance=lambda: 0.5) - NOW

        assert pause == max(SHORTEST_PAUSE, min(wanted, LONGEST_RETRY_AFTER))

    def test_end_after_72_hours_also_over_a_change_of_clocks(self) -> None:
        assert not is_given_up(NOW, NOW + GIVE_UP_AFTER - timedelta(microseconds=1))
        assert is_given_up(NOW, NOW + GIVE_UP_AFTER)
