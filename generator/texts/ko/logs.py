"""Korean: alerts of logs and traces."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "RepeatedException": AlertText(
        "같은 예외 반복: <subject>",
        "최근 5분 동안 <subject> 예외가 로그 <value>줄에 나타났습니다(한계 <limit>).",
        "한 서비스의 로그에 같은 종류의 예외가 되풀이됩니다. Loki가 로그를 읽어 셉니다. 요청이 아니라 줄을 세므로, "
        "실패한 요청 하나가 두 줄을 남길 수 있습니다. 같은 서비스의 다른 알림이 왜 울리는지 알려 주는 경우가 많습니다.",
        (
            "아래 링크로 Grafana Explore에서 로그를 엽니다. `exception` 필드에 트레이스백이 있고, 마지막 줄이 발생 "
            "위치입니다.",
            "로그의 `trace_id`로 그 요청의 트레이스를 엽니다. 데이터베이스나 다른 서비스가 먼저 실패했는지 봅니다.",
            '언제부터인지 마지막 배포와 비교합니다. `| json | path="…"`로 한 경로만의 문제인지 봅니다.',
            "예상하고 처리하는 예외라면 `error`보다 낮은 레벨로 남기거나 `thresholds.repeated_exceptions`를 올립니다.",
        ),
    ),
    "LogsNotIngested": AlertText(
        "로그 유실 또는 지연: <subject>",
        "최근 5분 동안 <subject> 때문에 로그 또는 묶음 <value>건이 영향을 받았습니다. 정상은 <limit>입니다.",
        "Loki가 로그를 거부하거나(`reason`이 이유), 수집기가 서비스의 로그를 받고도 Loki에 하나도 넘기지 못합니다. "
        "넘기지 못한 로그는 수집기의 디스크 큐에서 기다리지만, Loki가 버린 로그는 사라집니다. 로그를 보는 알림도 이 "
        "로그를 보지 못합니다.",
        (
            "`make status`와 `make logs`로 Loki와 수집기가 떠 있는지, 무엇을 불평하는지 봅니다.",
            "`rate_limited`, `per_stream_rate_limit`이면 한 서비스가 너무 많이 남기는 것입니다. Explore에서 `topk(5, "
            'sum by (service) (rate({service!=""}[5m])))`로 찾아 로그 레벨을 올립니다.',
            "`stream_limit`이면 라벨 값이 너무 많습니다. `line_too_long`, `structured_metadata_too_large`이면 한 "
            "줄이나 그 속성이 너무 크므로 덜 남깁니다.",
            "`greater_than_max_sample_age`, `too_far_in_future`이면 시계가 틀렸거나 로그가 일주일 넘게 늦었습니다.",
            "HTTP 상태가 500 이상이면 대개 Loki의 디스크가 찼습니다. HostDiskFull을 보고 `stack.retention.logs`를 "
            "줄입니다.",
            "`send_failed`이면 Loki가 완전히 거부한 것으로 로그에 이유가 있습니다. `queue_full`이면 너무 오래 닿지 "
            "않아 새 로그를 잃고 있습니다. `kept_back`이면 수집기에서 Loki에 닿지 못해 "
            "`otelcol_exporter_queue_size`가 늘어납니다.",
        ),
    ),
    "TracesNotIngested": AlertText(
        "트레이스 유실 또는 지연: <subject>",
        "최근 5분 동안 <subject> 때문에 스팬 또는 트레이스 <value>개가 영향을 받았습니다. 정상은 <limit>입니다.",
        "Tempo가 스팬을 거부하거나(`reason`이 이유), 수집기가 보관하기로 한 트레이스를 Tempo에 하나도 넘기지 "
        "못합니다. 넘기지 못한 것은 수집기의 디스크 큐에서 기다립니다. 스팬 메트릭은 그 전에 세므로 맞습니다.",
        (
            "`make status`와 `make logs`로 Tempo와 수집기가 떠 있는지, 무엇을 불평하는지 봅니다.",
            "`rate_limited`, `live_traces_exceeded`이면 한계보다 스팬이 많습니다. spec.yaml의 `traces.keep.others`를 "
            "줄입니다.",
            "`trace_too_large`이면 끝나지 않는 트레이스가 있습니다. 워커의 반복은 작업마다 새 트레이스로 시작해야 "
            "합니다.",
            "`refused`이면 Tempo 로그에 이유가 있습니다. 대개 디스크가 찼습니다. HostDiskFull을 보고 "
            "`stack.retention.traces`를 줄입니다.",
            "`send_failed`이면 Tempo가 완전히 거부한 것입니다. `queue_full`이면 너무 오래 닿지 않은 것입니다. "
            "`kept_back`이면 수집기에서 Tempo에 닿지 못해 `otelcol_exporter_queue_size`가 늘어납니다.",
        ),
    ),
}
