"""Korean: alerts of stack."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "Watchdog": AlertText(
        "<subject> 알림 동작 중",
        "이 알림은 항상 울립니다. 더 이상 오지 않으면 알림 체계가 멈춘 것입니다.",
        "스택의 데드맨 스위치입니다.",
        ("울리는 동안은 할 일이 없습니다.", "멈췄다면 Prometheus, Alertmanager, 수신처를 확인합니다."),
    ),
    "RuleEvaluationFailing": AlertText(
        "규칙 평가 실패: <subject>",
        "최근 3분 동안 <subject>의 평가가 <value>번 실패하거나 건너뛰어졌습니다. 정상은 <limit>입니다.",
        "Prometheus가 규칙을 평가하지 못하거나, 한 그룹의 규칙이 주기보다 오래 걸려 일부를 건너뛰고 있습니다. 그런 "
        "규칙이 기록하던 값과 알림은 비어 있으므로, 무슨 일이 생겨도 알림이 울리지 않습니다.",
        (
            "Prometheus의 Status > Rule health 화면에서 실패로 표시된 규칙을 찾아 오류를 읽습니다.",
            "`many-to-many matching`이나 `duplicate series`라면 두 타깃이 같은 라벨을 갖는 것입니다. 두 job에 들어 "
            "있는 주소를 찾습니다.",
            "표시된 규칙이 없으면 평가를 건너뛰는 것입니다. `prometheus_rule_group_last_duration_seconds`를 주기와 "
            "비교하고 Prometheus의 CPU와 메모리를 봅니다.",
            "`alerting.rules`에 직접 쓴 규칙이면 spec.yaml을 고치고 `make check`, `make up`을 실행합니다.",
        ),
    ),
    "AlertsNotDelivered": AlertText(
        "알림 전달 실패: <subject>",
        "<subject>이(가) 최근 몇 분 동안 알림 <value>건을 전달하지 못했습니다. 정상은 <limit>입니다.",
        "Prometheus가 Alertmanager에 알림을 넘기지 못했거나, Alertmanager가 발송을 포기했습니다. `group_interval` "
        "동안 재시도했거나 수신처가 거부한 경우입니다. 다른 수신처는 살아 있을 수 있어 이 알림은 도착할 수 있습니다.",
        (
            "job이 alertmanager이면 로그에 수신처와 오류가 나옵니다: `make logs`. URL이 맞는지, 토큰이 유효한지, "
            "컨테이너에서 수신처에 닿는지 확인합니다.",
            "job이 prometheus이면 Alertmanager가 떠 있는지 봅니다: `make status`. Prometheus가 아는 Alertmanager는 "
            "Status > Alertmanager discovery 화면에 나옵니다.",
            "그 수신처로 직접 시험 발송을 해 봅니다. 4xx 응답은 다시 시도되지 않습니다.",
            "복구될 때까지 Prometheus의 Alerts 화면을 직접 지켜봅니다. 사람에게는 통보되지 않습니다.",
        ),
    ),
    "ConfigReloadFailed": AlertText(
        "<subject> 이전 설정으로 동작 중",
        "<subject>이(가) 새 설정을 거부하고, 마지막으로 받아들인 설정으로 동작하고 있습니다.",
        "규칙, 타깃, 수신처 파일이 바뀌었는데 서버가 읽지 못합니다. 서버는 계속 돌지만 바뀐 내용은 적용되지 않았고, "
        "재시작하면 아예 뜨지 않습니다.",
        (
            "`make check`를 실행합니다. 서버의 검사 도구가 파일과 줄을 알려 줍니다.",
            "`make diff`로 생성된 파일을 손으로 고쳤는지 봅니다. `make generate`가 되돌려 놓습니다.",
            "서버 로그에 무엇을 거부했는지 나옵니다: `make logs`.",
            "spec.yaml을 고치고 `make up`을 실행합니다. 설정을 다시 읽으면 알림이 끝납니다.",
        ),
    ),
    "MetricsStorageNearLimit": AlertText(
        "메트릭 저장 한계의 <value> 사용",
        "<subject>의 메트릭이 `stack.retention.metrics_size`의 <value>를 쓰고 있고(한계 <limit>), 가장 오래된 샘플은 "
        "아직 `stack.retention.metrics`에 이르지 않았습니다.",
        "이 속도라면 보존 기간보다 크기 한계에 먼저 이릅니다. Prometheus는 크기를 맞추려고 가장 오래된 샘플부터 "
        "지우므로, 스펙이 약속한 것보다 짧은 기간만 남습니다. 보존 기간을 다 채우면서 차는 저장소에는 울리지 않습니다.",
        (
            '어떤 메트릭이 많은지 봅니다: `topk(10, count by (__name__) ({__name__=~".+"}))`. Status > TSDB status '
            "화면에 메트릭과 라벨이 나옵니다.",
            "어떤 타깃인지 봅니다: `topk(10, instance:samples_per_scrape:count)`. 값이 끝없이 늘어나는 라벨(user_id, "
            "request_id, timestamp)이 흔한 원인입니다.",
            "모두 필요한 데이터라면 디스크 여유가 있을 때 `stack.retention.metrics_size`를 늘리고, 없으면 "
            "`stack.retention.metrics`를 줄입니다.",
            "15초가 필요 없는 서비스는 `scrape_interval`을 늘리면 그만큼 줄어듭니다.",
        ),
    ),
}
