"""English: alerts of inference."""

from __future__ import annotations

from generator.texts.base import AlertText
from generator.texts.en.services import DEPLOY

ALERTS: dict[str, AlertText] = {
    "InferenceSlow": AlertText(
        "<subject> computes slowly: p95 <value>",
        "More than 5 % of the inferences of <subject> take longer than <limit>; p95 is <value>.",
        "The time of the model alone, without the wait before it: the 95th percentile of five minutes. Where the "
        "limit is "
        "a bucket bound of the histogram the share of slower inferences is counted exactly. A server without a "
        "histogram "
        "(Triton) is judged by its mean.",
        (
            "One model or all of them? `service_model:inference_seconds:p95_rate5m` in Prometheus.",
            "Is the GPU or CPU busy, or its memory full? Look at the rows of GPUs and hosts on the services overview.",
            "Did the batches or the inputs grow? A batch is as slow as its longest input.",
            "Make the model cheaper: ONNX or TensorRT, FP16 or INT8; keep frequent answers in a cache.",
            DEPLOY,
        ),
    ),
    "QueueBacklog": AlertText(
        "Requests queue up at <subject>: <value>",
        "Requests for <subject> pile up before the model: <value>, expected at most <limit>.",
        "Either requests wait longer than the limit at p95 (reason `wait`, in seconds), or the queue did nothing "
        "but grow "
        "for ten minutes (reason `growth`, in requests; expected is the length of ten minutes ago). More comes "
        "in than "
        "the model can do.",
        (
            "Compare what comes in with what is done: `service_model:inferences:rate5m`, "
            "`service_model:queue_length:sum`.",
            "Did the traffic grow, or did the model become slower? For the latter follow InferenceSlow.",
            "Add workers or replicas, or make the batches larger; let callers wait for nothing: work asynchronously.",
            "Until then shed load: refuse early what would time out in the queue.",
        ),
    ),
    "ColdStartSlow": AlertText(
        "<subject> took <value> to start",
        "A cold start of <subject> took <value>; the limit is <limit>.",
        "Loading a model up to its first answer took longer than the limit. It is told for ten minutes after the "
        "start "
        "and resolves by itself.",
        (
            "Was the start expected: a deploy, a scale-out, a restart? If not, follow ServiceDown and look for "
            "what ended "
            "the process.",
            "What took the time: fetching the model, loading it, the first inference? Read the log of the start.",
            "Keep models warm: warm up before traffic comes, keep the weights on a local disk, hold spare "
            "replicas ready.",
        ),
    ),
    "ModelAccuracyLow": AlertText(
        "<subject> is accurate in <value> of cases only",
        "The reported accuracy of <subject> is <value>; its floor is <limit>.",
        "The accuracy that the service itself measures and reports has stayed below the floor of the spec.",
        (
            "Since when? `service_model:accuracy:ratio` in Prometheus: a step is a new model, a slope is drift "
            "of the data.",
            "A step: which model version was loaded? Roll back to the one before.",
            "A slope: compare the inputs of today with those of the training; retrain with recent data.",
            "Is the reference data itself right: labels that are late or missing lower the figure as well.",
        ),
    ),
    "CacheHitRatioLow": AlertText(
        "<subject> finds <value> of lookups in its cache",
        "Only <value> of the lookups in the cache of <subject> find something; the limit is <limit>.",
        "Hits / lookups over five minutes, with enough lookups to mean something. What is not found is computed "
        "or asked "
        "for again, which costs latency and money.",
        (
            "Was the cache restarted, flushed or just deployed? Then it fills by itself: look at the trend of "
            "`service_cache:hits:ratio_rate5m`.",
            "Is it too small? Look for evictions and memory of the cache server.",
            "Do entries expire too early, or do the keys hold something that differs in every request?",
            "Did the traffic change: crawlers, new items, prompts that never repeat?",
        ),
    ),
}
