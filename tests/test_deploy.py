"""What deploy/ has is whole: names that are referred to are there, and commands are commands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from lookalike.interfaces.cli.app import app
from lookalike.interfaces.http.app import create_app
from lookalike.interfaces.http.settings import ServerSettings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
TEXTS = {path.name: path.read_text("utf-8") for path in sorted(DEPLOY.iterdir())}
COMPOSE: dict[str, Any] = yaml.safe_load(TEXTS["docker-compose.yaml"])
KUBERNETES: list[dict[str, Any]] = list(yaml.safe_load_all(TEXTS["kubernetes.yaml"]))
SECRETS = {"MINIO_USER", "MINIO_PASSWORD", "LOOKALIKE_API_KEY", "LOOKALIKE_MILVUS_TOKEN"}


def every(where: Any, name: str) -> Iterator[Any]:
    """Return all that is called `name`, however deep."""
    if isinstance(where, dict):
        if name in where:
            yield where[name]
        for value in where.values():
            yield from every(value, name)
    elif isinstance(where, list):
        for value in where:
            yield from every(value, name)


def of_kind(*kinds: str) -> list[dict[str, Any]]:
    return [thing for thing in KUBERNETES if thing["kind"] in kinds]


def named(kind: str, name: str) -> dict[str, Any]:
    (found,) = (thing for thing in of_kind(kind) if thing["metadata"]["name"] == name)
    return found


def pods() -> list[dict[str, Any]]:
    return [*every(KUBERNETES, "template")]


def containers() -> list[dict[str, Any]]:
    return [container for found in every(KUBERNETES, "containers") for container in found]


def environment_of(container: dict[str, Any]) -> dict[str, str]:
    told = {own["name"]: own.get("value", "") for own in container.get("env", [])}
    for source in container.get("envFrom", []):
        told |= named("ConfigMap", source["configMapRef"]["name"])["data"]
    return told


def command_lines() -> dict[str, str]:
    """Return every `lookalike …` of the files, with variables replaced, by where it stands."""
    found = {}
    for name, service in COMPOSE["services"].items():
        if service["image"].startswith("lookalike"):
            found[f"compose {name}"] = shlex.join(["lookalike", *service["command"]])
    for thing in of_kind("Deployment", "Job", "CronJob"):
        (pod,) = every(thing, "containers")
        (container,) = pod
        told = environment_of(container)
        if "command" in container:
            line = container["args"][0].removeprefix("exec ")
        else:
            line = shlex.join(["lookalike", *container["args"]])
        line = re.sub(r"\$\(\([^)]*\)\)", "1", line)
        for variable, value in told.items():
            line = re.sub(rf"\$(\({variable}\)|{variable}\b)", value, line)
        found[f"{thing['kind']} {thing['metadata']['name']}"] = line
    return found


@pytest.mark.parametrize("where", command_lines())
def test_every_command_is_one(where: str) -> None:
    program, verb, *given = shlex.split(command_lines()[where])
    given = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word) for word in given]
    assert program == "lookalike"
    command = typer.main.get_command(app).commands[verb]  # type: ignore[attr-defined]
    command.make_context(verb, given)  # raises what the command line would refuse


def test_the_shards_are_as_many_as_the_workers() -> None:
    indexing = [service for name, service in COMPOSE["services"].items() if "index" in name]
    shards = [re.search(r"--shard=(\S+)", " ".join(one["command"])) for one in indexing]
    expected = [f"{i + 1}/{len(indexing)}" for i in range(len(indexing))]
    assert [shard[1] for shard in shards if shard] == expected
    at_once = named("Job", "index")["spec"]
    assert at_once == named("CronJob", "index-nightly")["spec"]["jobTemplate"]["spec"]
    told = int(named("ConfigMap", "lookalike")["data"]["SHARDS"])
    assert at_once["completions"] == at_once["parallelism"] == told
    assert at_once["completionMode"] == "Indexed"


def test_every_variable_of_ours_is_read_by_us() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    of_the_files = {"LOOKALIKE_HOST", "LOOKALIKE_PORT"}  # replaced within docker-compose.yaml
    for name, text in TEXTS.items():
        for variable in set(re.findall(r"\bLOOKALIKE_[A-Z_]+", text)) - of_the_files:
            assert f'"{variable}"' in source, f"{name} sets {variable}, which nothing reads"


def test_images_are_pinned() -> None:
    images = [*every(COMPOSE, "image"), *every(KUBERNETES, "image")]
    images += re.findall(r"^FROM (\S+)", TEXTS["Dockerfile"], re.MULTILINE)
    assert len(images) >= 10
    for image in images:
        assert re.search(r":(v?\d+\.\d+\.\d+|RELEASE\.\d{4})", image), image
    ours = {image for image in images if image.startswith("lookalike")}
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version and ours == {f"lookalike:{version[1]}"}
    milvus = {image for image in images if "milvus" in image}
    assert len(milvus) == 1, "the same Milvus in both"


def test_probes_ask_for_what_is_there(tmp_path: Path) -> None:
    settings = ServerSettings(port=0)
    routes = {route.path for route in _flat(create_app(settings, {"shop": tmp_path / "g"}).routes)}
    asked = re.findall(r"/(?:ready|health)z\b", TEXTS["Dockerfile"] + TEXTS["kubernetes.yaml"])
    assert {"/healthz", "/readyz"} <= set(asked) <= routes
    (server,) = named("Deployment", "search")["spec"]["template"]["spec"]["containers"]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(server)
    assert server["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert server["readinessProbe"]["httpGet"]["path"] == "/readyz"


def test_what_compose_refers_to_is_there() -> None:
    services = COMPOSE["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert (DEPLOY / source).is_file(), f"{name}: {source}"
            else:
                assert source in COMPOSE["volumes"]
    text = TEXTS["docker-compose.yaml"]
    for host, port in re.findall(r"https?://(\w+):(\d+)", text):
        assert host in services or host in {"0", "localhost"}, f"{host}:{port}"
    assert "server search:8765" in TEXTS["nginx.conf"]
    assert "--port=8765" in services["search"]["command"]
    assert "listen 8080;" in TEXTS["nginx.conf"]
    assert services["proxy"]["ports"][0].endswith(":8080")


def test_what_kubernetes_refers_to_is_there() -> None:
    labels = [pod["metadata"]["labels"] for pod in pods()]
    ports = {port["name"]: port for one in containers() for port in one.get("ports", [])}
    for selector in every(KUBERNETES, "matchLabels"):
        assert selector in labels
    for service in of_kind("Service"):
        assert service["spec"]["selector"] in labels
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(ports)
    for probe in every(KUBERNETES, "httpGet"):
        assert probe["port"] in ports
    for scaled in every(KUBERNETES, "scaleTargetRef"):
        named(scaled["kind"], scaled["name"])
    for used in every(KUBERNETES, "serviceAccountName"):
        named("ServiceAccount", used)
    for reference in [*every(KUBERNETES, "configMapRef"), *every(KUBERNETES, "configMap")]:
        named("ConfigMap", reference["name"])
    for pod in pods():
        spec = pod["spec"]
        volumes = {volume["name"] for volume in spec.get("volumes", [])} | {"data"}
        for container in spec["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    for thing in KUBERNETES:
        if thing["kind"] != "Namespace":
            assert thing["metadata"]["namespace"] == "lookalike"
    for policy in of_kind("NetworkPolicy"):
        for port in [port for listed in every(policy, "ports") for port in listed]:
            assert isinstance(port["port"], int) or port["port"] in ports
        for listed in every(policy, "values"):
            assert set(listed) <= {label["app"] for label in labels}
    gallery = named("ConfigMap", "lookalike")["data"]["GALLERY"]
    assert "//milvus:19530/" in gallery
    assert named("Service", "milvus")["spec"]["ports"][0]["port"] == 19530


def test_secrets_are_referred_to_and_told_how_to_make() -> None:
    made = re.findall(r"--from-literal=([a-z0-9-]+)=", TEXTS["README.md"])
    for reference in every(KUBERNETES, "secretKeyRef"):
        assert reference["name"] == "lookalike"
        if reference.get("optional"):
            assert f"`{reference['key']}`" in TEXTS["README.md"]
        else:
            assert reference["key"] in made
    assert not of_kind("Secret")
    for variables in every(COMPOSE, "environment"):
        for name, value in variables.items():
            if re.search("KEY|SECRET|PASSWORD|TOKEN", name):
                assert re.fullmatch(r"\$\{(\w+)(:.*)?\}", value), f"{name} is written down"
                assert value[2:].rstrip("}").split(":")[0] in SECRETS
    for name in SECRETS - {"LOOKALIKE_MILVUS_TOKEN"}:
        assert f"export {name}=" in TEXTS["README.md"]


def test_nothing_runs_as_root_or_writes_where_it_need_not() -> None:
    for pod in pods():
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    for container in containers():
        locked = container["securityContext"]
        assert locked["allowPrivilegeEscalation"] is False
        assert locked["capabilities"] == {"drop": ["ALL"]}
        assert {"requests", "limits"} <= set(container["resources"])
        if container["image"].startswith("lookalike"):
            assert locked["readOnlyRootFilesystem"] is True
    for service in COMPOSE["services"].values():
        if service["image"].startswith("lookalike"):
            assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    last = re.findall(r"^USER (\S+)", TEXTS["Dockerfile"], re.MULTILINE)[-1]
    assert last == "10001:10001"


def test_the_image_is_made_of_what_is_there() -> None:
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", TEXTS["Dockerfile"], re.MULTILINE):
        for path in copied.split():
            assert (ROOT / path).exists(), path
            allowed = f"!{path}" in TEXTS["Dockerfile.dockerignore"].splitlines()
            assert allowed, f"{path} is kept from Docker by Dockerfile.dockerignore"
    (extras,) = re.findall(r'"\.\[([\w,]+)\]"', TEXTS["Dockerfile"])
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    for extra in extras.split(","):
        assert re.search(rf"^{extra} = \[", project, re.MULTILINE), extra


def test_docker_itself_reads_the_compose_file() -> None:
    docker = shutil.which("docker")
    if (
        docker is None
        or subprocess.run([docker, "compose", "version"], capture_output=True).returncode
    ):
        pytest.skip("docker compose is not installed")
    given = dict.fromkeys(SECRETS, "for-a-test")
    file = str(DEPLOY / "docker-compose.yaml")
    run = subprocess.run(
        [docker, "compose", "-f", file, "--profile", "index", "config", "--quiet"],
        env={"PATH": str(Path(docker).parent), "HOME": "/tmp"} | given,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def _flat(routes: Any) -> Iterator[Any]:
    for route in routes:
        if hasattr(route, "path"):
            yield route
        yield from _flat(getattr(getattr(route, "original_router", None), "routes", []))
