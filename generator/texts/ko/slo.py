"""Korean: alerts of slo."""

from __future__ import annotations

from generator.texts.base import AlertText

BUDGET = (
    "예산이 얼마나 남았고 언제 바닥나는지 봅니다. `service:slo_error_budget:remaining_ratio`와 "
    "`service:slo_error_budget:exhaustion_seconds`를 조회하거나 서비스 개요의 SLO 행을 봅니다."
)
DEPLOY = "시작된 시각에 배포나 설정 변경이 있었는지 확인합니다. 있었다면 원인을 찾기 전에 먼저 롤백합니다."
CALM = "예산이 회복될 때까지 배포, 마이그레이션, 실험처럼 위험한 일은 미룹니다."
ROUTES = (
    "서비스 개요에서 경로를 찾습니다: `topk(5, service_route:http_errors:ratio_rate5m)`. 한 경로인지 전체인지 봅니다."
)
SLOW_ROUTES = (
    "서비스 개요에서 경로를 찾습니다: `topk(5, service_route:http_latency_seconds:p95_rate5m)`. "
    "한 경로인지 전체인지 봅니다."
)
SLOW = "무엇을 기다리는지 봅니다: DB 쿼리, 외부 API 호출, 대기열, 호스트의 CPU와 메모리."

ALERTS: dict[str, AlertText] = {
    "ErrorBudgetBurnFast": AlertText(
        "<subject> 오류 예산 급속 소진: 요청의 <value> 실패",
        "<subject> 요청의 <value>가 5xx로 끝났습니다. 목표가 허용하는 비율은 <limit>입니다. 이대로면 오류 예산이 며칠 "
        "안에 바닥납니다.",
        "한 시간 안에 오류 예산의 2%, 또는 여섯 시간 안에 5%를 썼고, 최근 5분 또는 30분도 똑같이 나빠 지금도 계속되고 "
        "있습니다. SLO 기간은 `slo.window`입니다. 측정되지 않은 시간은 정상으로 봅니다.",
        (
            ROUTES,
            DEPLOY,
            "알림이 시작된 시각부터 서비스 로그를 확인하고, 반복되는 오류를 찾습니다.",
            BUDGET,
        ),
    ),
    "ErrorBudgetBurnSlow": AlertText(
        "<subject> 오류 예산 소진: 요청의 <value> 실패",
        "<subject> 요청의 <value>가 5xx로 끝났습니다. 목표가 허용하는 비율은 <limit>입니다. 계속되면 목표를 지키지 "
        "못합니다.",
        "하루 또는 사흘 안에 오류 예산의 10%를 썼고, 최근 두 시간 또는 여섯 시간도 똑같이 나쁩니다. 밤중에 깰 일은 "
        "아니지만 그대로 두면 안 됩니다.",
        (
            BUDGET,
            ROUTES,
            "언제 시작됐는지 봅니다. 최근 며칠의 `service:slo_errors:ratio_rate1h`를 그려 배포 시각과 견줍니다.",
            CALM,
        ),
    ),
    "LatencyBudgetBurnFast": AlertText(
        "<subject> 지연 예산 급속 소진: 요청의 <value>가 느림",
        "<subject> 요청의 <value>가 목표 시간보다 오래 걸립니다. 목표가 허용하는 비율은 <limit>입니다. 이대로면 예산이 "
        "며칠 안에 바닥납니다.",
        "한 시간 안에 지연 예산의 2%, 또는 여섯 시간 안에 5%를 썼고, 최근 5분 또는 30분도 똑같이 나빠 지금도 계속되고 "
        "있습니다. `slo.latency.below`보다 오래 걸린 요청을 나쁜 요청으로 세며, 그 값이 히스토그램 버킷 경계와 같으면 "
        "정확히 셉니다.",
        (
            SLOW_ROUTES,
            "트래픽(초당 요청 수)이 늘었는지 봅니다. 늘었다면 스케일 아웃하거나 비싼 기능을 끕니다.",
            DEPLOY,
            SLOW,
        ),
    ),
    "LatencyBudgetBurnSlow": AlertText(
        "<subject> 지연 예산 소진: 요청의 <value>가 느림",
        "<subject> 요청의 <value>가 목표 시간보다 오래 걸립니다. 목표가 허용하는 비율은 <limit>입니다. 계속되면 목표를 "
        "지키지 못합니다.",
        "하루 또는 사흘 안에 지연 예산의 10%를 썼고, 최근 두 시간 또는 여섯 시간도 똑같이 나쁩니다. "
        "`slo.latency.below`보다 오래 걸린 요청을 나쁜 요청으로 셉니다. 밤중에 깰 일은 아니지만 그대로 두면 안 됩니다.",
        (
            BUDGET,
            SLOW_ROUTES,
            SLOW,
            CALM,
        ),
    ),
}
