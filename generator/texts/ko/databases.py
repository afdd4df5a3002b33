"""Korean: alerts of databases."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
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
    "DatabaseSlowQueries": AlertText(
        "데이터베이스 <subject> 쿼리 평균 <value>",
        "데이터베이스 <subject>의 쿼리가 최근 5분 평균 <value> 걸렸습니다. 한계는 <limit>입니다.",
        "pg_stat_statements가 세는 쿼리 가운데 exporter가 보여 주는 것, 곧 서버 시간을 가장 많이 쓰는 쿼리의 평균 실행 "
        "시간입니다. 빠른 쿼리 사이의 느린 리포트 하나나 몇 안 되는 쿼리로는 울리지 않습니다.",
        (
            "어떤 쿼리인지 봅니다: `select calls, round(mean_exec_time) ms, round(total_exec_time / 1000) s, query "
            "from pg_stat_statements order by total_exec_time desc limit 10`.",
            "무언가를 기다리는지 봅니다: `select pid, now() - query_start, wait_event_type, wait_event, left(query, "
            "80) from pg_stat_activity where state = 'active' order by 2 desc`. 누가 막는지는 "
            "`pg_blocking_pids(pid)`입니다.",
            "서비스 개요 대시보드에서 같은 시각에 지연이 늘어난 서비스와 경로를 찾고, 그 코드에서 반복 쿼리(N+1)와 "
            "빠진 타임아웃을 확인합니다.",
            "가장 나쁜 쿼리를 `explain (analyze, buffers)`로 봅니다. 큰 테이블의 순차 스캔이면 인덱스를, 추정이 크게 "
            "빗나가면 `analyze`를 씁니다.",
            "호스트의 디스크나 CPU가 가득 찼는지 봅니다. 그렇다면 모든 쿼리가 느리고 인덱스로는 나아지지 않습니다.",
        ),
    ),
    "DatabaseRollbackRatioHigh": AlertText(
        "데이터베이스 <subject> 트랜잭션의 <value> 롤백",
        "최근 5분 동안 데이터베이스 <subject> 트랜잭션의 <value>가 롤백되었습니다. 한계는 <limit>입니다.",
        "롤백 / (커밋 + 롤백)입니다. 애플리케이션이 포기하거나 서버가 거부할 때 롤백됩니다: 제약 조건 위반, 교착 상태, "
        "직렬화 실패, 타임아웃.",
        (
            "데이터베이스별 커밋과 롤백을 비교합니다: `select datname, xact_commit, xact_rollback, deadlocks, "
            "conflicts from pg_stat_database`.",
            "서버 로그의 ERROR 줄이 이유를 말해 줍니다: 제약 조건, 교착 상태, 타임아웃, 권한.",
            "같은 시각에 어떤 서비스의 5xx도 늘었는지 봅니다. 실패한 요청은 롤백되므로, 그 서비스의 로그와 직전 배포를 "
            "먼저 확인합니다.",
            "교착 상태라면 같은 행을 다른 순서로 건드리는 트랜잭션을, 중복 키 위반이라면 `on conflict` 없는 재시도를 "
            "찾습니다.",
        ),
    ),
    "RedisHitRatioLow": AlertText(
        "캐시 <subject> 적중률 <value>",
        "최근 5분 동안 <subject> 조회의 <value>만 키를 찾았습니다. 한계는 <limit>입니다.",
        "적중 / (적중 + 실패)입니다. 한계보다 낮으면 캐시는 왕복 비용만 들고 아끼는 것이 적으며, 막아 주어야 할 부하가 "
        "데이터베이스나 모델로 다시 갑니다.",
        (
            "방금 다시 시작했거나 비웠는지 봅니다: `redis-cli info server`의 uptime. 그렇다면 저절로 다시 채워집니다.",
            "키가 밀려나는지 봅니다: `redis-cli info stats`의 evicted_keys가 늘면 메모리가 모자랍니다. "
            "RedisMemoryHigh를 보십시오.",
            "다시 쓰이기 전에 만료되는지 봅니다: expired_keys와 애플리케이션이 정한 만료 시간.",
            "요청마다 새 키인지 봅니다: 키에 들어간 사용자, 시각, 정렬되지 않은 목록. 직전 배포에서 바뀐 경우가 "
            "많습니다.",
            "캐시 뒤에 있는 것이 지금 그 부하를 지고 있습니다. 그 지연과 연결 수를 확인합니다.",
        ),
    ),
    "RedisMemoryHigh": AlertText(
        "캐시 <subject> 메모리 <value> 사용",
        "<subject>가 maxmemory의 <value>를 쓰고 있습니다. 한계는 <limit>입니다.",
        "사용 메모리 / maxmemory이며, maxmemory가 없는 서버는 판단하지 않습니다. 100%에서 일어나는 일은 "
        "maxmemory-policy에 달려 있습니다: noeviction은 쓰기를 거부하고, 나머지는 키를 밀어냅니다.",
        (
            "`redis-cli config get maxmemory-policy`를 봅니다. noeviction이면 곧 쓰기가 실패하므로 바로 조치합니다.",
            "무엇이 차지하는지 봅니다: `redis-cli --bigkeys`, `redis-cli --memkeys`, `redis-cli info keyspace`(만료 "
            "없는 키).",
            "적중률이 유지되고 evicted_keys가 그대로인지 봅니다. 가득 차 있는 것이 정상인 캐시라면 spec에서 이 "
            "데이터베이스의 `redis_memory`를 올립니다.",
            "만료 시간을 정하거나 줄이고, 호스트 메모리가 허락하는 만큼 maxmemory를 올립니다.",
        ),
    ),
}
