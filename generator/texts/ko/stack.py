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
}
