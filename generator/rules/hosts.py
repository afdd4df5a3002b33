"""Hosts, by node_exporter: CPU, memory, swap, disks, load, network."""

from __future__ import annotations

from collections.abc import Iterator

from generator import names
from generator.model import Levels, Limit, Severity, Stack
from generator.promql import equals, rate, select
from generator.rules.base import AlertRule, Family, RecordingRule, Scenario, Series
from generator.rules.notation import PLAIN, RATIO, VALUE, Notation
from generator.rules.scenarios import SETTLE, held
from generator.units import number

NODE = equals(names.JOB, names.JOB_NODE)
PSEUDO = (
    "autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|erofs|fuse.*|hugetlbfs|iso9660|mqueue|nsfs|overlay|"
    "proc|pstore|ramfs|rpc_pipefs|securityfs|squashfs|sysfs|tmpfs|tracefs"
)
REAL_DISK = f'fstype!~"{PSEUDO}"'
REAL_DEVICE = 'device!~"lo|veth.*|docker.*|br-.*|virbr.*|cni.*|flannel.*|cali.*"'
MIN_PACKETS = 1
_PARTS = {"HostDiskFull": (names.MOUNTPOINT,), "HostNetworkErrors": (names.DEVICE,)}


def hosts(stack: Stack) -> Family:
    """The family of hosts."""
    return Family("hosts", tuple(_recordings()), tuple(_alerts(stack)))


def _recordings() -> Iterator[RecordingRule]:
    for record, modes in (
        (names.CPU_BUSY, 'mode!~"idle|iowait|steal"'),
        (names.CPU_IOWAIT, equals("mode", "iowait")),
        (names.CPU_STEAL, equals("mode", "steal")),
    ):
        yield RecordingRule(record, f"{_cpu_time(modes)} / ({_cpu_time()} > 0)")
    yield RecordingRule(
        names.MEMORY_USED, f"1 - {_used_of('node_memory_MemAvailable_bytes', 'node_memory_MemTotal_bytes')}"
    )
    yield RecordingRule(names.SWAP_USED, f"1 - {_used_of('node_memory_SwapFree_bytes', 'node_memory_SwapTotal_bytes')}")
    swapped = " and ".join(f"max by (instance) ({rate(f'node_vmstat_{m}', NODE)}) > 0" for m in ("pswpin", "pswpout"))
    yield RecordingRule(names.SWAP_PAGES, swapped)
    size = select("node_filesystem_size_bytes", NODE, REAL_DISK)
    free = select("node_filesystem_avail_bytes", NODE, REAL_DISK)
    by = "instance, mountpoint"
    yield RecordingRule(names.DISK_USED, f"1 - max by ({by}) ({free}) / (max by ({by}) ({size}) > 0)")
    idle = select("node_cpu_seconds_total", NODE, equals("mode", "idle"))
    cores = f"count by (instance) ({idle})"
    yield RecordingRule(names.LOAD_PER_CORE, f"max by (instance) ({select('node_load5', NODE)}) / {cores}")
    bad = " + ".join(_network(f"{way}_{what}") for way in ("receive", "transmit") for what in ("errs", "drop"))
    packets = f"{_network('receive_packets')} + {_network('transmit_packets')}"
    yield RecordingRule(names.NETWORK_ERRORS, f"({bad}) / (({packets}) > {MIN_PACKETS})")
    for record, way in ((names.NETWORK_RECEIVE, "receive"), (names.NETWORK_TRANSMIT, "transmit")):
        total = rate(f"node_network_{way}_bytes_total", NODE, REAL_DEVICE)
        yield RecordingRule(record, f"sum by (instance) ({total})")


def _cpu_time(*modes: str) -> str:
    """The time of all cores in some modes. Shares are taken of the time of all modes: over a window that is not full
    yet, the first minutes of a host, every rate is too small, and 1 - idle would make an idle host look busy."""
    return f"sum by (instance) ({rate('node_cpu_seconds_total', NODE, *modes)})"


def _used_of(free: str, total: str) -> str:
    return f"max by (instance) ({select(free, NODE)}) / (max by (instance) ({select(total, NODE)}) > 0)"


def _network(counter: str) -> str:
    return f"sum by (instance, device) ({rate(f'node_network_{counter}_total', NODE, REAL_DEVICE)})"


def _alerts(stack: Stack) -> Iterator[AlertRule]:
    limits = stack.hosts.limits
    yield from _levels(stack, "HostHighCpu", names.CPU_BUSY, limits.cpu, _cpu)
    yield from _levels(stack, "HostHighMemory", names.MEMORY_USED, limits.memory, _memory)
    yield from _levels(stack, "HostDiskFull", names.DISK_USED, limits.disk, _disk)
    swapping = (
        f"{names.SWAP_USED} > {number(limits.swap.value)} or ({names.SWAP_USED} and on (instance) {names.SWAP_PAGES})"
    )
    yield _alert(stack, "HostSwapping", swapping, limits.swap, 600, RATIO, _swap)
    high = f"{names.LOAD_PER_CORE} > {number(limits.load_per_core.value)}"
    yield _alert(stack, "HostHighLoad", high, limits.load_per_core, 900, PLAIN, _load)
    lossy = f"{names.NETWORK_ERRORS} > {number(limits.network_errors.value)}"
    yield _alert(stack, "HostNetworkErrors", lossy, limits.network_errors, 600, RATIO, _lossy)


def _levels(stack: Stack, name: str, series: str, levels: Levels, traffic: Traffic) -> Iterator[AlertRule]:
    for severity, limit in ((Severity.WARNING, levels.warning), (Severity.CRITICAL, levels.critical)):
        expr = f"{series} > {number(limit.value)}"
        yield _alert(stack, name, expr, limit, 300, RATIO, traffic, severity)


def _alert(
    stack: Stack,
    name: str,
    expr: str,
    limit: Limit,
    hold: float,
    notation: Notation,
    traffic: Traffic,
    severity: Severity = Severity.WARNING,
) -> AlertRule:
    shown = notation(VALUE)
    return AlertRule(
        name=name,
        expr=expr,
        hold=hold,
        severity=severity,
        value=shown,
        limit=notation(repr(float(limit.value))),
        subject=" ".join(f"{{{{ $labels.{label} }}}}" for label in (names.INSTANCE, *_PARTS.get(name, ()))),
        limits=((name, limit),),
        labels=((names.TEAM, stack.hosts.team),),
        scenarios=tuple(_scenarios(stack, name, hold, limit.value, traffic, severity)),
    )


class Traffic:
    """Input series of a host whose quantity stands at a share (or ratio) of 1."""

    def __init__(self, make: str) -> None:
        self.make = make

    def series(self, stack: Stack, level: float) -> tuple[Series, ...]:
        """What node_exporter would report."""
        base = (("instance", "test:1"), ("job", names.JOB_NODE), ("team", stack.hosts.team))
        return tuple(_MAKERS[self.make](base, level, stack.scrape_interval))


_Labels = tuple[tuple[str, str], ...]


def _with(base: _Labels, **more: str) -> _Labels:
    return tuple(sorted((*base, *more.items())))


def _cpu_series(base: _Labels, level: float, step: float) -> Iterator[Series]:
    for core in ("0", "1"):
        yield Series("node_cpu_seconds_total", _with(base, cpu=core, mode="idle"), step=(1 - level) * step)
        yield Series("node_cpu_seconds_total", _with(base, cpu=core, mode="user"), step=level * step)


def _memory_series(base: _Labels, level: float, _step: float) -> Iterator[Series]:
    yield Series("node_memory_MemTotal_bytes", base, start=1e9)
    yield Series("node_memory_MemAvailable_bytes", base, start=round(1e9 * (1 - level)))


def _disk_series(base: _Labels, level: float, _step: float) -> Iterator[Series]:
    labels = _with(base, mountpoint="/data", device="/dev/sda1", fstype="ext4")
    yield Series("node_filesystem_size_bytes", labels, start=1e9)
    yield Series("node_filesystem_avail_bytes", labels, start=round(1e9 * (1 - level)))


def _swap_series(base: _Labels, level: float, _step: float) -> Iterator[Series]:
    yield Series("node_memory_SwapTotal_bytes", base, start=1e9)
    yield Series("node_memory_SwapFree_bytes", base, start=round(1e9 * (1 - level)))


def _load_series(base: _Labels, level: float, step: float) -> Iterator[Series]:
    yield from _cpu_series(base, 0.5, step)
    yield Series("node_load5", base, start=level * 2)


def _lossy_series(base: _Labels, level: float, step: float) -> Iterator[Series]:
    labels = _with(base, device="eth0")
    for way in ("receive", "transmit"):
        yield Series(f"node_network_{way}_packets_total", labels, step=1000 * step)
        yield Series(f"node_network_{way}_errs_total", labels, step=0)
        yield Series(f"node_network_{way}_drop_total", labels, step=1000 * level * step)


_MAKERS = {
    "cpu": _cpu_series,
    "memory": _memory_series,
    "disk": _disk_series,
    "swap": _swap_series,
    "load": _load_series,
    "lossy": _lossy_series,
}
_cpu, _memory, _disk, _swap, _load, _lossy = (Traffic(name) for name in _MAKERS)


def _scenarios(
    stack: Stack, name: str, default: float, limit: float, traffic: Traffic, severity: Severity
) -> Iterator[Scenario]:
    hold = held(stack, name, default)
    late = hold + SETTLE + 4 * (stack.scrape_interval + stack.evaluation_interval)
    who = (("instance", "test:1"), (names.SEVERITY, severity.value))
    high = limit * 1.02 if traffic.make in ("load", "lossy") else min(limit + 0.02, 1 - (1 - limit) / 2)
    low = limit * 0.98
    what = f"{name} {severity.value}"
    if high > limit:
        yield Scenario(f"{what}: above the limit fires after for", traffic.series(stack, high), late, True, who)
    if hold >= 4 * stack.evaluation_interval:
        yield Scenario(
            f"{what}: above the limit is silent before for", traffic.series(stack, high), hold * 0.75, False, who
        )
    yield Scenario(f"{what}: below the limit is silent", traffic.series(stack, low), late, False, who)
    yield Scenario(f"{what}: no data is silent", (), late, False, who)
