"""Korean: alerts of llm."""

from __future__ import annotations

from generator.texts.base import AlertText
from generator.texts.ko.services import DEPLOY, LOGS

ALERTS: dict[str, AlertText] = {
    "LlmErrorRate": AlertText(
        "<subject>: LLM 호출의 <value> 실패",
        "언어 모델 <subject> 호출의 <value>가 실패했습니다. 한계는 <limit>입니다.",
        "최근 5분(호출이 적은 모델은 최근 1시간)의 실패 / 전체 호출이며, 의미를 가질 만큼 호출과 실패가 있을 "
        "때만 울립니다. "
        "캐시가 답한 것과 호출하기 전에 거절한 것은 세지 않습니다.",
        (
            "한 모델인지 전체인지 봅니다: Prometheus에서 `service_model:llm_errors:ratio_rate5m`.",
            "제공자나 모델 서버에 문제가 있는지 봅니다: 제공자의 상태 페이지, vLLM이라면 그 서비스의 알림.",
            "키, 할당량, 타임아웃을 가립니다: 401·403은 키, 429는 할당량, 503과 타임아웃은 업스트림입니다.",
            LOGS,
            "복구될 때까지 다른 모델이나 제공자로 돌립니다.",
        ),
    ),
    "LlmLatencyHigh": AlertText(
        "<subject>: LLM 호출 느림, p95 <value>",
        "언어 모델 <subject> 호출의 5%가 넘게 <limit>보다 오래 걸립니다. p95는 <value>입니다.",
        "호출부터 답 전체를 받기까지의 시간이며, 최근 5분의 95번째 백분위수입니다. 한계가 히스토그램 버킷 경계와 "
        "같으면 더 "
        "느린 호출의 비율을 정확히 셉니다.",
        (
            "답이나 프롬프트가 길어졌는지 봅니다. 시간은 답의 토큰 수에 비례하므로 `max_tokens`를 제한합니다.",
            "직접 운영하는 모델 서버라면 대기열(QueueBacklog)과 GPU를, 외부 제공자라면 상태 페이지를 봅니다.",
            "캐시가 제대로 동작하는지 봅니다(CacheHitRatioLow). 적중하지 못할 때마다 호출합니다.",
            DEPLOY,
        ),
    ),
    "LlmCostBudget": AlertText(
        "<subject>: 오늘 LLM 비용 <value>",
        "<subject>의 언어 모델 호출 비용이 UTC 자정 이후 <value>입니다. 하루 예산은 <limit>입니다.",
        "UTC 자정부터의 비용이 하루 예산의 80%(경고)나 100%(심각)에 이르렀습니다. 서비스나 Prometheus가 재시작해도 "
        "합계는 이어집니다. UTC 자정에 해제됩니다.",
        (
            "어느 모델이 언제부터 쓰는지 봅니다: Prometheus에서 `sum by (model) (increase(llm_cost_usd_total[1h]))`.",
            "호출이 늘었는지 길어졌는지 봅니다. `service_model:llm_calls:rate5m`을 프롬프트와 답의 토큰 수와 견줍니다.",
            "누가 호출하는지 봅니다: 한 사용자, 한 키, 재시도 반복. 찾으면 제한합니다.",
            "더 싼 모델, 짧은 컨텍스트, 캐시를 씁니다. 반가운 트래픽이라면 `llm.daily_budget`을 올립니다.",
        ),
    ),
}
