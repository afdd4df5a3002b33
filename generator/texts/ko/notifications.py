"""Korean: what notifications say around the alerts' own texts."""

from __future__ import annotations

NOTIFICATIONS: dict[str, str] = {
    "notice.language": "ko",
    "notice.firing": "발생",
    "notice.resolved": "해소",
    "notice.critical": "심각",
    "notice.warning": "경고",
    "notice.info": "정보",
    "notice.severity": "심각도",
    "notice.value": "값",
    "notice.limit": "한계",
    "notice.since": "시작",
    "notice.until": "해소 시각",
    "notice.dashboard": "대시보드",
    "notice.runbook": "런북",
    "notice.silence": "알림 잠시 끄기",
    "notice.more": "알림이 많아 일부만 보입니다. 전체 목록은 Alertmanager에 있습니다.",
    "notice.test.summary": "수신자 {receiver} 시험 알림",
    "notice.test.description": "`make alert-test`가 실제 경로로 보낸 알림입니다. 조치할 일은 없습니다.",
}
