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
}
