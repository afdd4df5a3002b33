"""Korean."""

from __future__ import annotations

from generator.texts.base import AlertText, Texts

_LOGS = "알림이 시작된 시각부터 서비스 로그를 확인하고, 반복되는 오류를 찾습니다."
_DEPLOY = "직전에 배포나 설정 변경이 있었는지 확인합니다. 있었다면 먼저 롤백하고 원인은 그다음에 찾습니다."

KO = Texts(
    alerts={
        "ServiceDown": AlertText(
            "<subject> 다운",
            "Prometheus가 <subject>을(를) 수집하지 못합니다: <value>, 정상은 <limit>입니다.",
            "타깃이 1분 동안 수집에 응답하지 않았거나, 선언된 서비스에 타깃이 하나도 없습니다. 이 알림이 울리는 동안 "
            "같은 서비스의 다른 알림은 억제됩니다.",
            (
                "프로세스나 컨테이너가 떠 있는지 확인합니다: `docker compose ps`, `make status`.",
                "Prometheus가 있는 곳에서 주소가 응답하는지 확인합니다: `curl http://host:port/metrics`. 다른 "
                "컨테이너나 호스트에서 접근하려면 앱이 127.0.0.1이 아니라 0.0.0.0에 바인딩되어야 합니다.",
                "Prometheus의 Status > Target health 화면에서 오류와 포트, 경로를 대조합니다.",
                "Django라면 ALLOWED_HOSTS에 Prometheus가 쓰는 호스트 이름이 있어야 합니다.",
            ),
        ),
        "HighErrorRate": AlertText(
            "<subject> 요청의 <value> 실패",
            "<subject> 요청의 <value>가 5xx로 끝났습니다. 한계는 <limit>입니다.",
            "최근 5분(조용한 서비스는 최근 1시간) 전체 요청 중 5xx의 비율입니다. 비율이 의미를 가질 만큼 요청과 오류가 "
            "있을 때만 울리며, /metrics는 제외합니다.",
            (
                "서비스 개요 대시보드에서 오류가 늘어난 경로를 찾습니다. 한 경로인지 전체인지 봅니다.",
                _DEPLOY,
                _LOGS,
                "모든 경로가 함께 실패하면 공유하는 데이터베이스, 캐시, 다른 서비스를 확인합니다.",
            ),
        ),
        "HighClientErrorRate": AlertText(
            "<subject> 요청의 <value> 거부",
            "<subject> 요청의 <value>가 4xx로 끝났습니다. 한계는 <limit>입니다.",
            "최근 5분 전체 요청 중 4xx의 비율입니다. 클라이언트가 서비스가 거부하는 것을 요청하고 있습니다.",
            (
                "어느 경로, 어떤 상태인지 봅니다. 401·403은 키와 로그인, 404는 링크와 크롤러, 422는 API 계약입니다.",
                "직전에 클라이언트나 API 계약이 바뀌었는지 확인합니다.",
                "한 호출자에게서만 온다면 접근 로그에서 주소를 찾습니다.",
            ),
        ),
        "ConsecutiveErrors": AlertText(
            "<subject> 5분간 <value>건 실패",
            "<subject>이(가) 5분 안에 <value>건을 5xx로 응답했습니다. 한계는 <limit>건입니다.",
            "트래픽에서 차지하는 비율과 관계없이 5분 안에 5xx가 10건 이상 발생했습니다.",
            (_LOGS, "오류를 경로별로 묶어 봅니다. 한 입력이나 한 사용자가 모두 일으키는지 확인합니다.", _DEPLOY),
        ),
        "HighLatencyP95": AlertText(
            "<subject> 느림: p95 <value>",
            "<subject> 요청의 5%가 넘게 <limit>보다 오래 걸립니다. p95는 <value>입니다.",
            "최근 5분 요청 처리 시간의 95번째 백분위수입니다. 한계가 히스토그램 버킷 경계와 같으면 더 느린 요청의 "
            "비율을 정확히 세고, 아니면 보간한 값을 씁니다.",
            (
                "서비스 개요 대시보드에서 느린 경로를 찾습니다. 한 API인지 전체인지 봅니다.",
                "트래픽(초당 요청 수)이나 호스트의 CPU·메모리 사용이 늘었는지 봅니다.",
                "DB 쿼리(인덱스, N+1), 외부 API 호출, 캐시 적중률을 점검합니다.",
                _DEPLOY,
            ),
        ),
        "HighLatencyP95Critical": AlertText(
            "<subject> 매우 느림: p95 <value>",
            "<subject> 요청의 5%가 넘게 <limit>보다 오래 걸립니다. p95는 <value>입니다.",
            "HighLatencyP95와 같지만 사용자가 포기하는 수준의 한계입니다.",
            (
                "멈춘 것이 있는지 봅니다: 락, 가득 찬 커넥션 풀, 타임아웃이 긴 죽은 업스트림.",
                "부하를 줄입니다: 스케일 아웃하거나 비싼 기능을 끕니다.",
                "그다음 HighLatencyP95의 절차를 따릅니다.",
            ),
        ),
        "HighLatencyAverage": AlertText(
            "<subject> 평균이 느림: <value>",
            "<subject>의 평균 처리 시간은 <value>입니다. 한계는 <limit>입니다.",
            "최근 5분 평균입니다. 꼬리를 숨기지만, 평균이 높으면 거의 모든 요청이 느린 것입니다.",
            (
                "거의 모든 요청이 느리므로 공유하는 것(CPU, 데이터베이스, 업스트림)을 봅니다.",
                "아주 느린 몇 건이 원인일 수도 있으니 개요에서 p50, p99와 비교합니다.",
                _DEPLOY,
            ),
        ),
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
        "DatabaseDown": AlertText(
            "데이터베이스 <subject> 다운",
            "데이터베이스 <subject>의 exporter가 서버에 닿지 못합니다: <value>, 정상은 <limit>입니다.",
            "exporter는 응답하지만 뒤의 데이터베이스가 연결을 받지 않습니다.",
            (
                "서버가 떠 있고 연결을 받는지 확인합니다: `pg_isready`, `redis-cli ping`.",
                "exporter의 비밀번호, 주소, TLS 설정을 확인합니다. 로그가 무엇이 실패했는지 말해 줍니다.",
                "디스크가 가득 찼거나 연결이 모두 쓰였는지 서버 로그에서 확인합니다.",
            ),
        ),
        "DatabaseConnectionsHigh": AlertText(
            "데이터베이스 <subject> 연결 <value>개",
            "데이터베이스 <subject>의 연결이 <value>개입니다. 한계는 <limit>입니다.",
            "계획보다 많은 연결, 또는 서버가 허용하는 수의 80%가 넘는 연결입니다.",
            (
                "누가 쥐고 있는지 봅니다: `select state, usename, count(*) from pg_stat_activity group by 1,2`.",
                "idle in transaction은 커밋을 잊은 요청, 많은 idle은 너무 큰 풀입니다.",
                "풀러를 두거나 풀을 줄입니다. max_connections를 올리면 메모리가 듭니다.",
            ),
        ),
        "ProbeFailed": AlertText(
            "프로브 <subject> 실패",
            "프로브 <subject>이(가) 2분째 실패합니다: <value>, 정상은 <limit>입니다.",
            "blackbox exporter가 사용자처럼 밖에서 물었지만 좋은 답을 받지 못했습니다.",
            (
                "같은 것을 직접 물어봅니다: `curl -v URL`.",
                "서비스 자체가 떠 있다면 DNS, 프록시, 인증서, 방화벽을 봅니다.",
            ),
        ),
        "CertificateExpiresSoon": AlertText(
            "<subject> 인증서 만료까지 <value>",
            "<subject>의 인증서가 <value> 뒤에 만료됩니다. 적어도 <limit>은 남아 있어야 합니다.",
            "서버가 제시하는 체인에서 가장 이른 만료 시각입니다.",
            (
                "자동 갱신이 도는지 마지막 로그를 봅니다(certbot, acme, 프록시).",
                "갱신됐지만 적용되지 않았다면 인증서를 제시하는 서버를 다시 로드합니다.",
            ),
        ),
        "Watchdog": AlertText(
            "<subject> 알림 동작 중",
            "이 알림은 항상 울립니다. 더 이상 오지 않으면 알림 체계가 멈춘 것입니다.",
            "스택의 데드맨 스위치입니다.",
            ("울리는 동안은 할 일이 없습니다.", "멈췄다면 Prometheus, Alertmanager, 수신처를 확인합니다."),
        ),
    },
    words={
        "runbook.meaning": "무슨 뜻인가",
        "runbook.steps": "무엇을 하나",
        "runbook.rule": "규칙",
        "runbook.severity": "심각도",
        "runbook.for": "지속 시간",
        "runbook.limit": "한계",
        "runbook.origin": "출처",
        "dashboard.services": "서비스 개요",
        "dashboard.services.description": "가용성, 트래픽, 지연, 오류, 리소스: 먼저 볼 다섯 가지.",
        "row.golden": "서비스",
        "row.routes": "경로",
        "row.hosts": "호스트",
        "panel.up": "살아 있는 타깃",
        "panel.rps": "초당 요청 수",
        "panel.errors": "5xx 비율",
        "panel.p95": "지연 p95",
        "panel.requests_by_status": "상태별 요청",
        "panel.requests_by_status.help": "상태 코드 분류별 초당 요청 수입니다.",
        "panel.latency": "지연 p50, p95, p99",
        "panel.latency.help": "처리 시간의 백분위수와 적용 중인 p95 한계입니다.",
        "panel.error_trend": "5xx와 4xx 비율",
        "panel.error_trend.help": "전체 요청 중 비율과 적용 중인 한계입니다.",
        "panel.route_p95": "느린 경로 (p95)",
        "panel.route_p95.help": "가장 느린 경로 열 개입니다.",
        "panel.route_errors": "오류가 많은 경로",
        "panel.route_errors.help": "5xx 비율이 가장 높은 경로 열 개입니다.",
        "panel.cpu": "CPU 사용률",
        "panel.cpu.help": "모든 코어의 사용 비율입니다.",
        "panel.memory": "메모리 사용률",
        "panel.memory.help": "1 - 여유 / 전체.",
        "panel.disk": "디스크 사용률",
        "panel.disk.help": "파일 시스템별 사용 비율입니다.",
        "panel.network": "네트워크",
        "panel.network.help": "초당 송수신 바이트입니다.",
        "row.gpus": "GPU",
        "panel.gpu": "GPU 사용률",
        "panel.gpu.help": "카드가 연산에 쓰인 시간의 비율입니다.",
        "panel.gpu_memory": "GPU 메모리 사용률",
        "panel.gpu_memory.help": "카드별 프레임 버퍼의 사용 비율입니다.",
        "panel.gpu_temperature": "GPU 온도",
        "panel.gpu_temperature.help": "카드별 섭씨 온도입니다.",
        "panel.gpu_power": "GPU 전력",
        "panel.gpu_power.help": "카드별 소비 전력(W)입니다.",
        "panel.alerts": "알림",
        "panel.alerts.help": (
            "지금 대기 중이거나 울리는 알림입니다. 이름을 누르면 런북이 열립니다. Watchdog은 알림 경로가 살아 있음을 "
            "보이려고 늘 울립니다."
        ),
        "panel.down": "다운된 서비스",
        "panel.down.help": "Prometheus에 응답하지 않는 타깃이 하나라도 있는 서비스의 수입니다.",
        "panel.firing": "울리는 알림",
        "panel.firing.help": "선택한 서비스, 호스트, 스택 자체의 알림입니다. Watchdog은 세지 않습니다.",
        "panel.total_rps": "초당 요청 수",
        "panel.total_rps.help": "선택한 모든 서비스의 합입니다. /metrics는 뺍니다.",
        "panel.total_errors": "전체 5xx 비율",
        "panel.total_errors.help": "선택한 모든 서비스의 5xx / 전체 요청입니다.",
        "panel.worst_errors": "최악의 5xx / 한계",
        "panel.worst_errors.help": (
            "5xx 한계에 가장 가까운 서비스입니다. 요청이 충분할 때 100 %부터 HighErrorRate가 울립니다."
        ),
        "panel.worst_latency": "최악의 지연 / 한계",
        "panel.worst_latency.help": (
            "지연 한계에 가장 가까운 서비스입니다. 요청이 충분할 때 100 %부터 지연 알림이 울립니다."
        ),
        "panel.services": "서비스",
        "panel.services.help": (
            "서비스마다 자신의 한계와 견줍니다. 한계의 절반부터 노랑, 한계를 넘으면 빨강입니다. 서비스 이름을 누르면 "
            "그 서비스만 보거나 Prometheus에서 봅니다."
        ),
        "panel.errors_of_limit": "5xx / 한계",
        "panel.latency_of_limit": "지연 / 한계",
        "panel.mean": "평균 지연",
        "panel.mean.help": "최근 5분의 평균 처리 시간과 적용 중인 한계입니다.",
        "panel.routes": "경로",
        "panel.routes.help": (
            "경로마다 자신의 한계, 없으면 서비스의 한계와 견줍니다. 경로를 누르면 Prometheus의 그래프가 열립니다."
        ),
        "panel.route": "경로",
        "panel.instance": "인스턴스",
        "panel.alert": "알림",
        "panel.state": "상태",
        "panel.since": "시작",
        "panel.only_service": "이 서비스만 보기",
        "panel.in_prometheus": "Prometheus에서 그래프 보기",
        "panel.runbook": "런북",
        "panel.outside": "프로브와 데이터베이스",
        "panel.probes": "프로브",
        "panel.probes.help": "바깥에서 보낸 프로브가 성공하는지 보입니다: 100 % 또는 0 %.",
        "panel.databases": "데이터베이스",
        "panel.databases.help": "익스포터가 데이터베이스에 닿는지 보입니다: 100 % 또는 0 %.",
        "panel.connections": "데이터베이스 연결 수",
        "panel.connections.help": "열린 연결 수와 적용 중인 한계입니다.",
        "word.limit": "한계",
        "word.service": "서비스",
        "word.received": "수신",
        "word.sent": "송신",
    },
)
