"""English: alerts of gpus."""

from __future__ import annotations

from generator.texts.base import AlertText

PROCESSES = (
    "Which process? `nvidia-smi` on the host, or `topk(5, gpu_process_memory_used_bytes)` in Prometheus where the "
    "exporter of this stack runs."
)

ALERTS: dict[str, AlertText] = {
    "GpuHighUtilization": AlertText(
        "<subject>: <value> busy",
        "<subject> computes <value> of the time; the limit is <limit>.",
        "The share of time in which a card computes anything at all, above its limit for the whole time of `for`. A "
        "card that works is no fault: what matters is whether requests wait for it.",
        (
            "On the dashboard's GPU row: is it one card or all of them? One alone: spread the models over the cards.",
            "Do requests wait? Compare inference time and queue with the limits; while they hold, nothing is wrong.",
            PROCESSES,
            "Requests wait: larger batches, a smaller or quantized model, or another card.",
        ),
    ),
    "GpuHighMemory": AlertText(
        "<subject>: memory <value> used",
        "<value> of the memory of <subject> is in use; the limit is <limit>.",
        "Used / (used + free + reserved) of the card's frame buffer. When it is full, the next allocation fails with "
        "CUDA out of memory.",
        (
            PROCESSES,
            "Does it grow steadily (a leak, a growing cache of keys and values), or did it jump with a new model?",
            "vLLM takes most of the memory on purpose: lower `--gpu-memory-utilization`, or raise the limit in the "
            "spec.",
            "Unload models that nobody asks for, make batches or contexts smaller.",
        ),
    ),
    "GpuHot": AlertText(
        "<subject>: <value>",
        "<subject> is at <value>; the limit is <limit>.",
        "The temperature of the GPU itself. A card that is too hot lowers its clock, and inference becomes slow; "
        "hotter still, it switches off.",
        (
            "On the dashboard's GPU row: one card or all of them? All of them: look at the room's cooling and the "
            "case's fans.",
            "Does the card slow down already? `nvidia-smi -q -d PERFORMANCE` names the reasons, the SM clock shows by "
            "how much.",
            "One card alone: its fan and dust, `nvidia-smi --query-gpu=index,fan.speed,temperature.gpu,power.draw "
            "--format=csv`.",
            "Take load off it until it is cool: move models, or lower its power with `nvidia-smi -i INDEX -pl WATTS`.",
        ),
    ),
    "GpuErrors": AlertText(
        "<subject>: <value>",
        "<subject> reported <value> within the last hour; the limit is <limit>.",
        "The driver reported an XID error, or the memory had an error that ECC could not correct. It fires for an hour "
        "after the last of them, or until the code or the counter is reset: exporters show the last code for ever, and "
        "the same code twice cannot be told from once.",
        (
            "What does the code mean? `dmesg -T | grep -i xid` names process and reason; 13, 31 and 43 are mostly the "
            "program's own fault, 48, 63, 64, 74, 79, 94 and 95 the card's.",
            "Is the card still there? `nvidia-smi`; one that fell off the bus (79) needs a restart of the host.",
            "Did the service on it survive? Look at its errors and its log, and restart what held the card.",
            "An ECC error: take the work off the card and reset it (`nvidia-smi -r -i INDEX`); if it happens again, "
            "have it replaced.",
        ),
    ),
}
