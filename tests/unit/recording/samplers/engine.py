from typing import Any
from unittest.mock import MagicMock, Mock, patch

import vedro
from docker.errors import NotFound
from vedro import catched

from vedro_profiling.recording.samplers.engine import connect_from_environment


class ThroughTheSdk(vedro.Scenario):
    subject = "the SDK is asked for container events of the current second on, running containers, and one container"

    def given_an_engine_behind_the_sdk(self) -> None:
        self.api = Mock()
        self.api.inspect_container.side_effect = inspect_only_a
        self.api.containers.return_value = [{"Id": "a"}]
        connected = patch("docker.from_env", return_value=Mock(api=self.api))
        connected.start()
        vedro.defer(connected.stop)

    def when_it_is_asked(self) -> None:
        engine = connect_from_environment()
        with patch("vedro_profiling.recording.samplers.engine.now_unix_ns", return_value=1795394364_900_000_000):
            self.stream = engine.events()
        self.running = engine.running()
        self.inspected = [engine.inspect("a"), engine.inspect("b")]
        engine.close()

    def then_events_of_the_second_are_sent_again(self) -> None:
        assert self.stream is self.api.events.return_value
        asked = self.api.events.call_args.kwargs
        assert asked["since"] == 1795394364
        assert asked["filters"] == {"type": "container", "event": ["start", "kill", "die", "rename"]}

    def and_answers_are_handed_on(self) -> None:
        assert self.running == [{"Id": "a"}]

    def and_a_container_that_is_gone_is_no_error(self) -> None:
        assert self.inspected == [{"Id": "a"}, None]

    def and_connections_are_closed(self) -> None:
        assert self.api.close.called


class Statistics(vedro.Scenario):
    subject = "statistics are objects, one a line, and the connection is closed when they end"

    def given_an_engine_that_sends_two_objects(self) -> None:
        self.api = connected_api()
        self.response = self.api.get.return_value
        self.response.iter_lines.return_value = iter([b'{"read": 1}', b'{"read": 2}'])

    def when_they_are_asked_for(self) -> None:
        self.objects = list(connect_from_environment().stats("aaaa"))

    def then_they_are_decoded(self) -> None:
        assert self.objects == [{"read": 1}, {"read": 2}]

    def and_a_stream_was_asked_for(self) -> None:
        assert self.api.get.call_args.args == ("http+docker://localhost/v1.41/containers/aaaa/stats",)
        assert self.api.get.call_args.kwargs == {"params": {"stream": "true"}, "stream": True, "timeout": 5.0}

    def and_it_is_closed(self) -> None:
        assert self.response.__exit__.called


class RefusedStatistics(vedro.Scenario):
    subject = "statistics that are refused raise what the client raises, and leave no connection"

    def given_an_engine_that_refuses(self) -> None:
        self.api = connected_api()
        self.api.get.return_value.raise_for_status.side_effect = OSError("403 Client Error: Forbidden")

    def when_they_are_asked_for(self) -> None:
        with catched(OSError) as self.fault:
            connect_from_environment().stats("aaaa")

    def then_it_is_told(self) -> None:
        assert str(self.fault.value) == "403 Client Error: Forbidden"

    def and_the_connection_is_closed(self) -> None:
        assert self.api.get.return_value.close.called


def connected_api() -> MagicMock:
    """Put an API behind the SDK."""
    api = MagicMock(base_url="http+docker://localhost", api_version="1.41")
    connected = patch("docker.from_env", return_value=Mock(api=api))
    connected.start()
    vedro.defer(connected.stop)
    return api


def inspect_only_a(container_id: str) -> dict[str, Any]:
    if container_id == "a":
        return {"Id": "a"}
    raise NotFound("No such container: b")
