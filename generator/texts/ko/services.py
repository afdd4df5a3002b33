"""Korean: alerts of services."""

from __future__ import annotations

from generator.texts.base import AlertText

LOGS = "알림이 시작된 시각부터 서비스 로그를 확인하고, 반복되는 오류를 찾습니다."
DEPLOY = "직전에 배포나 설정 변경이 있었는지 확인합니다. 있었다면 먼저 롤백하고 원인은 그다음에 찾습니다."

ALERTS: dict[str, AlertText] = {
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
            DEPLOY,
            LOGS,
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
        (LOGS, "오류를 경로별로 묶어 봅니다. 한 입력이나 한 사용자가 모두 일으키는지 확인합니다.", DEPLOY),
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
            DEPLOY,
        ),
    ),
    "HighLatencyP95Critical": AlertText(
        "<subject> 매우 느림: p95 <value>",
        "<subject> 요청의 5%가 넘게 <limit>보다 오래 걸립니다. p95는 <value>입니다.",
        "최근 5분 처리 시간의 95번째 백분위수가 사용자가 포기하는 수준의 한계를 넘었습니다.",
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
            DEPLOY,
        ),
    ),
    "TargetFlapping": AlertText(
        "<subject> 연결이 오락가락함",
        "최근 15분 동안 <subject>의 수집 상태가 <value>번 바뀌었습니다. 한계는 <limit>입니다.",
        "타깃이 수집에 응답했다 실패했다를 되풀이합니다(`up`이 계속 바뀜). 이 알림을 억제하는 ServiceDown은 1분 내내 "
        "실패해야 울리므로 이런 상태를 놓칠 수 있습니다.",
        (
            "이 타깃의 `up`과 `scrape_duration_seconds`를 최근 1시간 동안 봅니다. 타임아웃에서 실패하는지 확인합니다.",
            "수집이 오래 걸리다 실패하면 메트릭 페이지가 너무 크거나 프로세스가 바쁜 것입니다. `scrape_timeout`을 "
            "늘리거나 샘플 수(`instance:samples_per_scrape:count`)를 봅니다.",
            "바로 실패하면 프로세스가 재시작을 되풀이하는 것입니다. 로그에서 이유를, `docker compose ps`와 "
            "`make status`에서 재시작 횟수를 봅니다.",
            "한 호스트의 여러 타깃이 동시에 그렇다면 네트워크와 호스트를 확인합니다.",
        ),
    ),
    "CardinalityExplosion": AlertText(
        "<subject> 수집당 샘플 <value>개",
        "<subject>이(가) 수집할 때마다 샘플 <value>개를 냅니다. 한계는 <limit>개입니다.",
        "수집한 샘플 하나하나가 저장할 시계열입니다. 타깃이 한계를 넘었거나, 어제 같은 시각보다 크게 늘었습니다(하루치 "
        "기록이 있는 큰 타깃만 비교합니다). 값이 끝없이 늘어나는 라벨(user_id, request_id, timestamp, 원본 URL)이 "
        "원인이며 메모리, 디스크, 모든 쿼리가 그 비용을 치릅니다(카디널리티 폭발).",
        (
            '어떤 메트릭인지 봅니다: 이 타깃의 instance로 `topk(10, count by (__name__) ({instance="…"}))`.',
            "어떤 라벨인지 봅니다: Prometheus의 Status > TSDB status 화면에서 값이 가장 많은 라벨을 찾거나, 직접 세어 "
            "봅니다: `count(count by (handler) (http_requests_total))`.",
            "코드에서 그 라벨을 없애거나, 원본 경로 대신 경로 패턴(/items/{id})을 씁니다. method, status, "
            "handler(view), service, version 같은 고정 폭 라벨만 남깁니다.",
            "직전에 배포가 있었는지 확인합니다. 메모리가 늘고 있다면 먼저 롤백합니다.",
            "모두 의도한 것이라면 이 서비스의 `thresholds.samples_per_scrape`를 올립니다.",
        ),
    ),
}
