"""Korean: alerts of hosts."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
    "HostHighCpu": AlertText(
        "<subject> CPU 사용률 <value>",
        "<subject>의 코어가 시간의 <value> 동안 바쁩니다. 한계는 <limit>입니다.",
        "최근 5분 모든 코어의 사용 비율입니다. 디스크 대기(iowait)와 하이퍼바이저가 가져간 시간(steal)은 빼고 "
        "따로 기록합니다.",
        (
            "어느 프로세스인지 봅니다: 호스트에서 `top -o %CPU`.",
            "트래픽도 함께 늘었다면 스케일 아웃하거나 비싼 연산·쿼리를 최적화합니다.",
            "트래픽으로 설명되지 않으면 폭주한 작업, 크롤러, 재시도 루프를 찾습니다.",
        ),
    ),
    "HostHighMemory": AlertText(
        "<subject> 메모리 사용률 <value>",
        "<subject> 메모리의 <value>가 사용 중입니다. 한계는 <limit>입니다.",
        "1 - MemAvailable / MemTotal: 스왑 없이 새 프로세스에 줄 수 없는 부분입니다.",
        (
            "어느 프로세스인지 봅니다: `ps aux --sort=-rss | head`.",
            "꾸준히 느는지(누수), 배포와 함께 뛰었는지(워커, 캐시) 봅니다.",
            "커널이 프로세스를 죽이기 전에 워커 수나 캐시 크기를 줄입니다.",
        ),
    ),
    "HostDiskFull": AlertText(
        "<subject> 디스크 사용률 <value>",
        "파일 시스템 <subject>의 <value>가 사용 중입니다. 한계는 <limit>입니다.",
        "실제 디스크에 있는 파일 시스템의 1 - 여유 / 크기입니다.",
        (
            "무엇이 큰지 봅니다: `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`.",
            "로그, 오래된 이미지(`docker system df`), 임시 파일을 순환하거나 지웁니다.",
            "계속 늘기만 하면 스펙의 보관 기간을 줄이거나 디스크를 늘립니다.",
        ),
    ),
    "HostDiskFillsSoon": AlertText(
        "<subject> 디스크가 곧 가득 참, 지금 <value>",
        "최근 6시간의 추세라면 파일 시스템 <subject>이(가) <limit> 안에 가득 찹니다. 지금은 <value>를 쓰고 있습니다.",
        "최근 6시간의 사용량을 지나는 직선이 제때 파일 시스템의 크기에 닿습니다. 세 시간 이상의 자료가 있고 최근 한 "
        "시간에도 늘었을 때만 판단합니다. 아직 고장 난 것은 없습니다.",
        (
            "무엇이 느는지 봅니다: `du -xh --max-depth=2 MOUNTPOINT | sort -h | tail`을 몇 분 간격으로 두 번 "
            "실행합니다.",
            "언제 시작했는지 대시보드에서 하루 동안의 디스크 그래프를 봅니다. 배포, 로그 수준, 백업과 겹치는지 봅니다.",
            "가득 차기 전에 쓰는 것을 멈추거나 순환합니다. 로그와 오래된 이미지(`docker system df`)부터 지웁니다.",
            "필요해서 느는 것이면 스펙의 보관 기간을 줄이거나 디스크를 늘립니다.",
        ),
    ),
    "HostSwapping": AlertText(
        "<subject> 스왑 사용",
        "<subject>이(가) 스왑의 <value>를 쓰거나(한계 <limit>) 10분 동안 페이지를 주고받았습니다.",
        "메모리가 모자라 페이지가 디스크를 오가며 모든 것이 느려집니다.",
        (
            "어느 프로세스가 메모리를 쥐고 있는지 봅니다: `ps aux --sort=-rss | head`.",
            "메모리를 돌려받습니다: 워커를 줄이고, 캐시를 줄이고, 새는 것은 다시 시작합니다.",
        ),
    ),
    "HostHighLoad": AlertText(
        "<subject> 부하: 코어당 <value>",
        "<subject>의 5분 로드는 코어당 <value>입니다. 한계는 <limit>입니다.",
        "코어가 처리할 수 있는 것보다 많은 작업이 실행(또는 디스크)을 기다립니다.",
        (
            "CPU도 바쁘면 HostHighCpu를 따릅니다.",
            "CPU가 한가하면 디스크를 기다리는 것입니다: `iostat -x 5`, 상태 D인 프로세스를 찾습니다.",
        ),
    ),
    "HostNetworkErrors": AlertText(
        "<subject> 네트워크 손실 <value>",
        "<subject> 패킷의 <value>가 버려지거나 손상됩니다. 한계는 <limit>입니다.",
        "장치의 전체 패킷 중 송수신 오류와 드롭의 비율입니다.",
        (
            "`ip -s link show DEVICE`: 오류는 케이블·포트·드라이버, 드롭은 가득 찬 버퍼를 가리킵니다.",
            "트래픽과 비교합니다. 회선 한계라면 나누거나 넓힙니다.",
        ),
    ),
}
