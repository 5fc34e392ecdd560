import vedro
from vedro import params

from vedro_profiling.recording.samplers.containers import Container, Selection

SHOP = {"com.docker.compose.project": "shop", "com.docker.compose.service": "app"}


class Inspection(vedro.Scenario):
    subject = (
        "a container is known by the engine's answer: {labels} give service {service}, {network} is shared: {host}"
    )

    @params(SHOP, "default", "app", "no")
    @params(None, "host", None, "yes")
    def __init__(self, labels: dict[str, str] | None, network: str, service: str | None, host: str) -> None:
        self.labels = labels
        self.network = network
        self.service = service
        self.host = host

    def when_the_answer_is_read(self) -> None:
        self.container = Container.from_inspection(
            {
                "Id": "0bcc",
                "Name": "/shop-app-1",
                "Config": {"Labels": self.labels},
                "HostConfig": {"NetworkMode": self.network},
                "State": {"Running": True, "Pid": 969, "StartedAt": "2026-11-22T21:19:09Z"},
            }
        )

    def then_all_that_counts_is_there(self) -> None:
        expected = Container("0bcc", "shop-app-1", self.service, 969, "2026-11-22T21:19:09Z", self.host == "yes")
        assert self.container == expected


class Selected(vedro.Scenario):
    subject = "of projects {projects} and names {names}, container web-1 of project shop is wanted: {wanted}"

    @params(["shop"], [], "yes")
    @params(["blog", "shop"], [], "yes")
    @params(["blog"], [], "no")
    @params([], ["web-*"], "yes")
    @params(["blog"], ["WEB-*", "web"], "no")
    def __init__(self, projects: list[str], names: list[str], wanted: str) -> None:
        self.selection = Selection(projects, names)
        self.wanted = wanted

    def when_it_is_asked_for(self) -> None:
        self.included = self.selection.includes("web-1", SHOP)

    def then_the_answer_is_right(self) -> None:
        assert self.included == (self.wanted == "yes")


class NothingFound(vedro.Scenario):
    subject = "when nothing wanted runs, the text names what was sought and what runs: {sought}"

    @params(["compose"], [], 'of compose project "compose"')
    @params(["a", "b"], ["x*"], 'of compose project "a", "b" or named "x*"')
    @params([], ["x*", "y"], 'named "x*", "y"')
    def __init__(self, projects: list[str], names: list[str], sought: str) -> None:
        self.selection = Selection(projects, names)
        self.sought = sought

    def when_it_is_explained(self) -> None:
        blog = {"com.docker.compose.project": "blog"}
        self.with_others = self.selection.explain_nothing_found([SHOP, blog, {}, SHOP])
        self.with_none = self.selection.explain_nothing_found([{}])

    def then_the_running_projects_are_named_once_each(self) -> None:
        hint = "running projects: blog, shop - set docker_compose_project_name"
        assert self.with_others == f"docker: no running container {self.sought}; {hint}"

    def and_without_any_that_is_said(self) -> None:
        assert self.with_none == f"docker: no running container {self.sought}; no compose project is running"
