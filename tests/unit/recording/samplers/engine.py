from typing import Any
from unittest.mock import Mock, patch

import vedro
from docker.errors import NotFound

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
        with patch("time.time", return_value=1795394364.9):
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


def inspect_only_a(container_id: str) -> dict[str, Any]:
    if container_id == "a":
        return {"Id": "a"}
    raise NotFound("No such container: b")
