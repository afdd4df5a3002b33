"""What can be made to go wrong on purpose, each named after the alert that it should raise. Words alone."""

from __future__ import annotations

from dataclasses import dataclass

COLD_START_SECONDS = 12.0
"""How long a cold start on purpose lasts at least."""


@dataclass(frozen=True, slots=True)
class Story:
    """english, korean: one sentence for people. alerts: what it should raise, its own name first. seconds: how long it
    lasts by default, long enough for the alert's window and `for`.
    """

    name: str
    english: str
    korean: str
    alerts: tuple[str, ...]
    seconds: float


STORIES = {
    story.name: story
    for story in (
        Story(
            "HighErrorRate",
            "An error burst: every twentieth request to the API fails with 500.",
            "오류 급증: API 요청 스무 건 가운데 한 건이 500으로 실패합니다.",
            ("HighErrorRate", "ConsecutiveErrors"),
            900,
        ),
        Story(
            "HighLatencyP95",
            "A slow dependency: every request to the API takes 0.9 s longer.",
            "느린 의존 서비스: 모든 API 요청이 0.9초씩 더 걸립니다.",
            ("HighLatencyP95",),
            900,
        ),
        Story(
            "TrafficSurge",
            "A traffic surge: five times as many people come as usual at this hour.",
            "트래픽 급증: 같은 시간대 평소의 다섯 배가 되는 사용자가 몰립니다.",
            ("TrafficSurge",),
            1500,
        ),
        Story(
            "TrafficDrop",
            "A traffic drop: only one person in ten comes.",
            "트래픽 급감: 평소 사용자의 열 명 가운데 한 명만 들어옵니다.",
            ("TrafficDrop",),
            1500,
        ),
        Story(
            "HostHighMemory",
            "A memory leak: a process of this machine takes memory until 78 % is in use; 1 GiB always stays free.",
            "메모리 누수: 한 프로세스가 이 장비 메모리의 78%가 찰 때까지 메모리를 차지하되 1GiB는 늘 남깁니다.",
            ("HostHighMemory",),
            900,
        ),
        Story(
            "ColdStartSlow",
            "Cold starts: the API drops its models and trains them anew, for 12 s each time.",
            "콜드 스타트: API가 모델을 버리고 매번 12초 동안 다시 학습합니다.",
            ("ColdStartSlow",),
            300,
        ),
        Story(
            "CacheHitRatioLow",
            "A cache flush: the cache is emptied again and again.",
            "캐시 비움: 캐시를 거듭 비웁니다.",
            ("CacheHitRatioLow", "RedisHitRatioLow"),
            1800,
        ),
        Story(
            "DatabaseConnectionsHigh",
            "Connection exhaustion: idle connections fill 85 % of the database's max_connections.",
            "연결 고갈: 놀고 있는 연결이 데이터베이스 max_connections의 85%를 채웁니다.",
            ("DatabaseConnectionsHigh",),
            600,
        ),
        Story(
            "GpuHot",
            "GPU overheating: the first card of the GPU simulator runs hot.",
            "GPU 과열: GPU 시뮬레이터의 첫 번째 카드가 뜨거워집니다.",
            ("GpuHot",),
            900,
        ),
        Story(
            "HostHighCpu",
            "A busy machine: 78 % of all cores' time is used, at the lowest priority.",
            "바쁜 장비: 가장 낮은 우선순위로 전체 코어 시간의 78%를 사용합니다.",
            ("HostHighCpu",),
            900,
        ),
    )
}
