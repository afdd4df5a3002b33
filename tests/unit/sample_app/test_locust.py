"""Locust uses a real server as people do, counts what it counts, and leaves no fault behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import pytest
import uvicorn
from fastapi import Body, FastAPI, HTTPException, Request, Response

from sample_app.traffic.locust.endpoints import ENDPOINTS
from sample_app.traffic.locust.hog import read_memory, step_bytes

PATIENCE_SECONDS = 90.0
ROOT = Path(__file__).parents[3]
Text = Annotated[str, Body()]
Number = Annotated[int, Body()]


class Platform:
    """API, shop and GPU simulator on one free port; keeps the faults, and counts requests by route and status."""

    def __init__(self) -> None:
        self.faults: list[dict[str, Any]] = []
        self.counted: Counter[str] = Counter()
        self.statuses: Counter[str] = Counter()
        self.callers: Counter[str] = Counter()
        self.reloads = 0
        self.under_way = 0

    @contextmanager
    def running(self) -> Iterator[str]:
        with serving(self._counting(self._app())) as url:
            yield url

    @property
    def fault(self) -> dict[str, Any]:
        return self.faults[-1] if self.faults else {}

    def _counting(self, app: FastAPI) -> Callable[..., Any]:
        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            status = 500

            async def watched(message: Any) -> None:
                nonlocal status
                status = message.get("status", status)
                await send(message)

            self.under_way += 1
            await app(scope, receive, watched)
            template = getattr(scope.get("route"), "path", "unmatched").replace("{product}", "<id>")
            if template not in ("/healthz", "/faults", "/admin/reload"):
                self.counted[f"{scope['method']} {template}"] += 1
                self.statuses[f"{status // 100}xx"] += 1
                self.callers[dict(scope["headers"]).get(b"x-api-key", b"").decode()] += 1
            self.under_way -= 1

        return asgi

    def _app(self) -> FastAPI:
        app = FastAPI()
        products: list[dict[str, Any]] = []

        @app.get("/healthz")
        def healthz() -> dict[str, str]:
            return {"status": "ok"}

        @app.get("/faults")
        def read_faults() -> dict[str, Any]:
            return self.fault

        @app.put("/faults")
        def put_faults(faults: dict[str, Any]) -> dict[str, Any]:
            self.faults.append(faults)
            return faults

        @app.post("/admin/reload")
        def reload() -> None:
            self.reloads += 1

        @app.get("/")
        @app.get("/demo")
        @app.get("/items/{item_id}")
        def page(item_id: int = 1) -> dict[str, int]:
            if item_id > 200:
                raise HTTPException(404)
            return {"item_id": item_id}

        @app.post("/predict")
        def predict(features: Annotated[list[float], Body(embed=True, min_length=4)]) -> dict[str, float]:
            return {"score": 0.5}

        @app.get("/recommendations")
        def recommendations(user: int, limit: int) -> dict[str, Any]:
            return {"user": user, "items": [1, 2], "recommendation_id": "ours"}

        @app.post("/feedback", status_code=204)
        def feedback(recommendation_id: Text, event: Text) -> None:
            if recommendation_id != "ours" or event not in ("click", "success"):
                raise HTTPException(422)

        @app.post("/chat")
        @app.post("/v1/chat/completions")
        def chat(messages: Annotated[list[dict[str, str]], Body(embed=True)]) -> dict[str, Any]:
            time.sleep(0.1)
            return {"object": "chat.completion"}

        @app.post("/rum", status_code=204)
        def rum(page: Text, metrics: Annotated[list[dict[str, Any]], Body()]) -> None:
            if page != "/demo":
                raise HTTPException(422)

        @app.post("/api/v1/users/", status_code=201)
        def users(name: Annotated[str, Body(embed=True, min_length=1)]) -> dict[str, Any]:
            return {"id": self.counted["POST /api/v1/users/"] + 1, "name": name}

        @app.get("/api/v1/products/")
        def listed(page: int = 1) -> dict[str, Any]:
            return {"page": page, "next": None, "products": products[-20:]}

        @app.post("/api/v1/products/", status_code=201)
        def add(seller: Number, name: Text, price: Annotated[int, Body(ge=0)]) -> dict[str, Any]:
            products.append({"id": len(products) + 1, "seller": seller, "name": name, "price": price})
            return products[-1]

        @app.get("/api/v1/products/{product}/")
        def product(product: int, user: int | None = None) -> dict[str, Any]:
            if not 1 <= product <= len(products):
                raise HTTPException(404)
            return {**products[product - 1], "recommendation_id": "ours" if user else None}

        @app.post("/api/v1/transactions/", status_code=201)
        def transactions(buyer: Number, product: Number) -> dict[str, Any]:
            if not 1 <= product <= len(products):
                raise HTTPException(404)
            return {"id": 1, "amount": products[product - 1]["price"]}

        @app.post("/api/v1/messages/", status_code=201)
        def messages(sender: Number, recipient: Number, text: Text) -> dict[str, int]:
            if sender == recipient:
                raise HTTPException(400)
            return {"id": 1}

        @app.exception_handler(404)
        async def missing(_request: Request, _error: Exception) -> Response:
            return Response(status_code=404)

        return app


@contextmanager
def serving(app: Callable[..., Any]) -> Iterator[str]:
    """The URL of an ASGI application on a free port."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def platform() -> Iterator[tuple[Platform, str]]:
    """A platform and its URL."""
    made = Platform()
    with made.running() as url:
        yield made, url


def until(holds: Callable[[], object], run: subprocess.Popen[str] | None = None) -> None:
    """Waits, long enough for a slow machine; not on when `run`, which should bring it about, has ended."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert run is None or run.poll() is None, f"it ended too early: {run.communicate()}"
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)


@contextmanager
def locust(*arguments: object, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The program; killed at the end if it still runs."""
    command = [sys.executable, "-m", "sample_app.traffic.locust", *map(str, arguments)]
    clean = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL")}
    process = subprocess.Popen(
        command, cwd=ROOT, env=clean | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit status and what it wrote."""
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, out, err


def test_people_use_every_endpoint_and_the_counts_agree(platform: tuple[Platform, str], tmp_path: Path) -> None:
    """What Locust counted is what the server counted, by route and by status, once both are done."""
    server, url = platform
    wanted = {endpoint.name for endpoint in ENDPOINTS}
    with locust(
        "--api", url, "--shop", url, "--users", 30, "--start-hour", 20.5, "--summary", tmp_path / "made.json"
    ) as run:
        until(lambda: wanted <= set(server.counted) and server.statuses["4xx"] >= 3, run)
        run.send_signal(signal.SIGINT)
        status, out, err = ended(run)
    until(lambda: server.under_way == 0)
    made = json.loads((tmp_path / "made.json").read_text())

    assert (status, err) == (0, "")
    assert set(made["by_name"]) == wanted
    assert made["requests"] == pytest.approx(server.counted.total(), rel=0.01)
    for name, row in made["by_name"].items():
        assert row["count"] == pytest.approx(server.counted[name], rel=0.01), name
        assert row["p50_seconds"] <= row["p95_seconds"] < PATIENCE_SECONDS
    ends = made["statuses"]
    assert sum(ends.values()) == made["requests"]
    assert ends["4xx"] == server.statuses["4xx"]
    assert ends.get("none", 0) == 0
    assert server.statuses["5xx"] == 0
    assert made["failures"] == ends["4xx"] + ends.get("abandoned", 0) < 0.2 * made["requests"]
    assert made["by_name"]["POST /chat"]["p50_seconds"] >= 0.1
    assert "POST /predict" in out
    assert made["by_name"]["POST /api/v1/users/"]["statuses"]["2xx"] <= 30
    assert set(server.callers) <= {"web", "mobile", "partner", ""}


def test_scenarios_end_by_themselves(platform: tuple[Platform, str], tmp_path: Path) -> None:
    """At the end of the run; faults of one server are put together and taken away one by one."""
    server, url = platform
    made = tmp_path / "made.json"
    names = "HighErrorRate,HighLatencyP95,ColdStartSlow"
    with locust("--api", url, "--users", 2, "--scenario", names, "--seconds", 3, "--summary", made) as run:
        status, out, err = ended(run)
    history = json.loads(made.read_text())["scenarios"]

    assert (status, err) == (0, "")
    without = [{name: value for name, value in faults.items() if name != "seconds"} for faults in server.faults]
    assert without[:2] == [{"error_ratio": 0.05}, {"error_ratio": 0.05, "latency_seconds": 0.9}]
    assert server.faults[-1] == {}
    assert 0 < server.faults[1]["seconds"] <= 3
    assert server.reloads == 1
    assert [entry["name"] for entry in history] == names.split(",")
    assert all(entry["started"] < entry["ended"] for entry in history)
    assert "HighErrorRate is off" in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_fault_outlives_the_program(platform: tuple[Platform, str], number: signal.Signals) -> None:
    """Whatever ends it, even what it cannot catch."""
    server, url = platform
    gpu = Platform()
    with gpu.running() as gpu_url:
        names = "HostHighCpu,GpuHot"
        with locust("--api", url, "--gpu", gpu_url, "--users", 1, "--scenario", names) as run:
            until(lambda: server.fault and gpu.fault, run)
            on = dict(server.fault), dict(gpu.fault)
            run.send_signal(number)
            status, _, err = ended(run)
        until(lambda: not server.fault and not gpu.fault)

    assert on[0] == {"cpu_busy": 0.78, "seconds": pytest.approx(900, abs=5)}
    assert on[1] == {"overheat": [0], "seconds": pytest.approx(900, abs=5)}
    assert (status, err) == ((-9, "") if number == signal.SIGKILL else (0, ""))


def test_a_fault_that_cannot_be_switched_off_is_told() -> None:
    """The API is gone by then: exit status 1 and a line that names the scenario."""
    server = Platform()
    with ExitStack() as stack:
        with server.running() as url:
            process = stack.enter_context(locust("--api", url, "--users", 1, "--scenario", "HighErrorRate"))
            until(lambda: server.fault, process)
        process.send_signal(signal.SIGINT)
        status, _, err = ended(process)

    assert status == 1
    assert f"HighErrorRate could not be switched off: {url}/faults does not answer" in err
    assert "Traceback" not in err


def test_a_shop_that_is_gone_is_told(platform: tuple[Platform, str]) -> None:
    """Nobody shops without one; one that does not answer is none; one that goes away is noticed."""
    _, url = platform
    with locust("--api", url, "--users", 1, "--seconds", 0.1) as run:
        assert "nobody shops without --shop" in ended(run)[1]
    shop = Platform()
    with ExitStack() as stack:
        with shop.running() as shop_url:
            arguments = ("--shop", shop_url, "--users", 5, "--seconds", PATIENCE_SECONDS)
            process = stack.enter_context(locust("--api", url, *arguments))
            until(lambda: shop.counted.total() > 5, process)
        assert process.stderr is not None
        line = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        status, out, _ = ended(process)
    with locust("--api", url, "--shop", shop_url) as run:
        refused = ended(run)

    assert line.startswith("the shop does not answer: ")
    assert status == 0
    assert "no answer" in out
    assert refused == (2, "", f"the shop: {shop_url} does not answer: Connection refused\n")


def test_a_gpu_exporter_of_real_cards_is_refused(platform: tuple[Platform, str]) -> None:
    """It has no faults to switch on."""
    _, url = platform
    with locust("--api", url, "--gpu", f"{url}/", "--users", 1, "--scenario", "GpuHot", "--seconds", 1) as run:
        assert ended(run)[0] == 0
    app = FastAPI()
    with serving(app) as cards, locust("--api", url, "--gpu", cards, "--scenario", "GpuHot") as run:
        assert ended(run) == (2, "", f"{cards}/faults answers 404, so this is not a GPU simulator\n")


def test_a_leak_takes_memory_and_gives_it_back(platform: tuple[Platform, str]) -> None:
    """A child holds it; with the program it ends, even when that is killed."""
    _, url = platform
    total, available = read_memory()
    share = 1 - available / 2 / total
    with locust("--api", url, "--users", 1, "--scenario", "HostHighMemory", "--memory-share", share) as run:
        until(lambda: resident(run.pid) >= step_bytes(total), run)
        child = children(run.pid)[0]
        run.kill()
        run.wait()
        until(lambda: not Path(f"/proc/{child}").exists() or "Z" in state(child))


def children(parent: int) -> list[int]:
    """The processes that hold memory for `parent`."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in found if b"hog.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def resident(parent: int) -> int:
    """Bytes that they hold."""
    pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in children(parent)]
    return sum(pages) * os.sysconf("SC_PAGE_SIZE")


def state(pid: int) -> str:
    """A process's state, "" when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")")[-1].split()[0]
    except OSError:
        return ""
