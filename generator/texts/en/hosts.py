"""English: alerts of hosts."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "HostHighCpu": AlertText(
        "<subject>: CPU <value> busy",
        "The cores of <subject> are busy <value> of the time; the limit is <limit>.",
        "The busy share of all cores over five minutes; waiting for disks and time stolen by the hypervisor are "
        "not counted and have series of their own.",
        (
            "Which process? `top -o %CPU` on the host.",
            "Did traffic grow with it? Then scale out, or make the expensive path cheaper.",
            "No traffic to explain it: look for a runaway job, a crawler, a retry loop.",
        ),
    ),
    "HostHighMemory": AlertText(
        "<subject>: memory <value> used",
        "<value> of the memory of <subject> is in use; the limit is <limit>.",
        "1 - MemAvailable / MemTotal: what cannot be given to a new process without swapping.",
        (
            "Which process? `ps aux --sort=-rss | head`.",
            "Does it grow steadily (a leak), or did it jump with a deployment (workers, caches)?",
            "Lower the number of workers or the cache's size before the kernel starts to kill.",
        ),
    ),
    "HostDiskFull": AlertText(
        "<subject>: disk <value> used",
        "<value> of the file system <subject> is used; the limit is <limit>.",
        "1 - available / size of a file system on a real disk.",
        (
            "What is large? `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`.",
            "Rotate or delete logs, old images (`docker system df`) and temporary files.",
            "It only grows: lower the retention in the spec, or enlarge the disk.",
        ),
    ),
    "HostDiskFillsSoon": AlertText(
        "<subject>: disk full soon, <value> used",
        "At the pace of the last six hours the file system <subject> is full within <limit>; <value> of it is used now."
        "",
        "A straight line through the use of the last six hours reaches the size of the file system in time, with at "
        "least three hours to judge by and growth in the last hour still. Nothing is broken yet.",
        (
            "What grows? `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`, and once more some minutes later.",
            "When did it begin? On the dashboard, look at the disk's graph over a day: a deployment, a log level, a "
            "backup?",
            "Stop what writes, or rotate it, before the disk is full; logs and old images (`docker system df`) go "
            "first.",
            "The growth is meant: lower the retention in the spec, or enlarge the disk.",
        ),
    ),
    "HostSwapping": AlertText(
        "<subject> swaps",
        "<subject> uses <value> of its swap (limit <limit>), or has moved pages in and out for ten minutes.",
        "Memory does not suffice: pages go to disk and come back, and everything becomes slow.",
        (
            "Which process holds the memory? `ps aux --sort=-rss | head`.",
            "Give back memory: fewer workers, smaller caches, restart what leaks.",
        ),
    ),
    "HostHighLoad": AlertText(
        "<subject>: load <value> per core",
        "The five-minute load of <subject> is <value> per core; the limit is <limit>.",
        "More runnable (or disk-waiting) tasks than the cores can serve.",
        (
            "CPU busy as well? Then follow HostHighCpu.",
            "CPU idle: tasks wait for disks. `iostat -x 5`, and look for processes in state D.",
        ),
    ),
    "HostNetworkErrors": AlertText(
        "<subject>: <value> of packets lost",
        "<value> of the packets of <subject> are dropped or damaged; the limit is <limit>.",
        "Errors and drops, received and sent, as a share of all packets of a device.",
        (
            "`ip -s link show DEVICE`: errors point at cable, port or driver; drops at full buffers.",
            "Compare with the traffic: at the limit of the link, share the load or widen it.",
        ),
    ),
}
