"""Korean: alerts of the collector."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "TelemetryRefused": AlertText(
        "수집기가 로그와 트레이스를 다 받지 못함: <subject>",
        "최근 5분 동안 수집기가 로그와 스팬 <value>건을 받지 않았습니다(<subject>, 정상은 <limit>).",
        "서비스는 로그와 스팬을 수집기에 넘깁니다. 수집기의 메모리나 디스크 큐가 가득 차면 받지 않고 돌려보내며, "
        "보낸 쪽은 얼마 동안 다시 시도하다가 버립니다. `reason`이 이유입니다. `refused`와 `failed`는 보낸 쪽이 들은 "
        "답이고, `queue_full`과 `not_exported`는 `exporters` 가운데 하나가 받지 못한 것입니다. 서비스 자체는 그대로 "
        "동작하고, 잃는 것은 로그와 트레이스입니다.",
        (
            "메모리: 컨테이너 화면의 수집기 또는 `otelcol_process_memory_rss`를 봅니다. 한계에 가까우면 누가 많이 "
            "보내는지 `topk(5, sum by (service) (rate(traces_spanmetrics_calls_total[5m])))`, Loki에서는 "
            '`topk(5, sum by (service) (rate({env=~".+"}[5m])))`로 찾습니다.',
            "큐: `otelcol_exporter_queue_size / otelcol_exporter_queue_capacity`를 봅니다. 큐가 차면 그 뒤의 서버가 "
            "없거나 느린 것입니다. ServiceDown을 봅니다.",
            "디스크: 큐는 호스트의 다른 데이터와 같은 곳에 있습니다. HostDiskFull을 봅니다.",
            "`not_exported`이면 `exporters` 가운데 하나가 완전히 거부한 것으로, 수집기의 로그에 이유가 있습니다: "
            "`make logs`.",
            "줄이려면 `logs.level: warning`으로 합니다. 트레이스는 골라내기 전에 세므로 `traces.keep.others`를 낮추면 "
            "수집기가 아니라 뒤의 서버가 편해집니다.",
        ),
    ),
}
