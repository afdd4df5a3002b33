"""Korean: alerts of probes."""

from __future__ import annotations

from generator.texts.base import AlertText

ALERTS: dict[str, AlertText] = {
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
}
