"""English: alerts of llm."""

from __future__ import annotations

from generator.texts.base import AlertText
from generator.texts.en.services import DEPLOY, LOGS

ALERTS: dict[str, AlertText] = {
    "LlmErrorRate": AlertText(
        "<subject>: <value> of LLM calls fail",
        "<value> of the calls of the language model <subject> failed; the limit is <limit>.",
        "Failed / all calls of the last five minutes (of the last hour for models with few calls), with enough "
        "calls and "
        "failures to mean something. Answers from a cache and calls that were refused before they were made do "
        "not count.",
        (
            "One model or all of them? `service_model:llm_errors:ratio_rate5m` in Prometheus.",
            "Does the provider or the model server say that it has trouble? Its status page; for vLLM the alerts "
            "of its own "
            "service.",
            "Key, quota, time-outs: 401 and 403 are the key, 429 the quota, 503 and time-outs the upstream.",
            LOGS,
            "Switch to another model or provider until it works again.",
        ),
    ),
    "LlmLatencyHigh": AlertText(
        "<subject>: LLM calls are slow, p95 <value>",
        "More than 5 % of the calls of the language model <subject> take longer than <limit>; p95 is <value>.",
        "From the call to the whole answer: the 95th percentile of five minutes. Where the limit is a bucket "
        "bound of the "
        "histogram the share of slower calls is counted exactly.",
        (
            "Do answers or prompts become longer? Time grows with the tokens of the answer: limit `max_tokens`.",
            "A model server of your own: look at its queue (QueueBacklog) and GPUs. A provider: look at its "
            "status page.",
            "Does the cache still work (CacheHitRatioLow)? Each miss is a call.",
            DEPLOY,
        ),
    ),
    "LlmCostBudget": AlertText(
        "<subject>: LLM calls of today cost <value>",
        "The calls of language models by <subject> have cost <value> since midnight UTC; the budget of a day is "
        "<limit>.",
        "The cost since midnight UTC reaches 80 % (warning) or 100 % (critical) of the budget of a day. Restarts "
        "of the "
        "service or of Prometheus lose nothing. It resolves at midnight UTC.",
        (
            "Which model costs it, and since when? `sum by (model) (increase(llm_cost_usd_total[1h]))` in Prometheus.",
            "More calls, or longer ones? Compare `service_model:llm_calls:rate5m` with the tokens of prompts and "
            "answers.",
            "Who calls: one user, one key, a retry loop? Limit it.",
            "Use a cheaper model, a shorter context and the cache; or raise `llm.daily_budget` if the traffic is "
            "welcome.",
        ),
    ),
}
