"""Korean: alerts of inference."""

from __future__ import annotations

from generator.texts.base import AlertText
from generator.texts.ko.services import DEPLOY

ALERTS: dict[str, AlertText] = {
    "InferenceSlow": AlertText(
        "<subject> 추론 느림: p95 <value>",
        "<subject> 추론의 5%가 넘게 <limit>보다 오래 걸립니다. p95는 <value>입니다.",
        "대기 시간을 뺀 모델만의 시간이며, 최근 5분의 95번째 백분위수입니다. 한계가 히스토그램 버킷 경계와 "
        "같으면 더 느린 "
        "추론의 비율을 정확히 셉니다. 히스토그램이 없는 서버(Triton)는 평균으로 판단합니다.",
        (
            "한 모델인지 전체인지 봅니다: Prometheus에서 `service_model:inference_seconds:p95_rate5m`.",
            "GPU나 CPU가 바쁜지, 메모리가 찼는지 서비스 개요 대시보드의 GPU와 호스트 줄에서 봅니다.",
            "배치나 입력이 커졌는지 봅니다. 배치는 가장 긴 입력만큼 느립니다.",
            "모델을 가볍게 합니다: ONNX나 TensorRT로 변환, FP16이나 INT8로 경량화, 잦은 결과는 캐시에 저장.",
            DEPLOY,
        ),
    ),
    "QueueBacklog": AlertText(
        "<subject> 대기열 밀림: <value>",
        "<subject>의 요청이 모델 앞에 쌓입니다: <value>, 기대치는 <limit> 이하입니다.",
        "p95 대기 시간이 한계를 넘었거나(reason `wait`, 초), 대기열이 10분 동안 늘기만 했습니다(reason `growth`, "
        "요청 수. "
        "기대치는 10분 전 길이입니다). 모델이 처리할 수 있는 것보다 많이 들어옵니다.",
        (
            "들어오는 양과 처리하는 양을 견줍니다: `service_model:inferences:rate5m`, "
            "`service_model:queue_length:sum`.",
            "트래픽이 늘었는지, 모델이 느려졌는지 가립니다. 느려졌다면 InferenceSlow의 절차를 따릅니다.",
            "워커나 복제본을 늘리거나 배치를 키웁니다. 기다릴 필요가 없는 요청은 비동기로 처리합니다.",
            "그때까지는 부하를 줄입니다. 대기열에서 타임아웃될 요청은 일찍 거절합니다.",
        ),
    ),
    "ColdStartSlow": AlertText(
        "<subject> 콜드 스타트 <value>",
        "<subject>의 콜드 스타트에 <value> 걸렸습니다. 한계는 <limit>입니다.",
        "모델을 불러와 첫 응답을 내기까지 한계보다 오래 걸렸습니다. 시작한 뒤 10분 동안 알리고 저절로 해제됩니다.",
        (
            "예정된 시작인지 봅니다: 배포, 스케일 아웃, 재시작. 아니라면 ServiceDown의 절차에 따라 프로세스가 "
            "끝난 원인을 "
            "찾습니다.",
            "무엇이 오래 걸렸는지 시작 로그에서 봅니다: 모델 내려받기, 불러오기, 첫 추론.",
            "모델을 데워 둡니다: 트래픽을 받기 전 워밍업, 가중치를 로컬 디스크에 보관, 여분 복제본(Provisioned "
            "Concurrency).",
        ),
    ),
    "ModelAccuracyLow": AlertText(
        "<subject> 정확도 <value>로 하락",
        "<subject>이(가) 보고한 정확도는 <value>입니다. 하한은 <limit>입니다.",
        "서비스가 스스로 재어 보고하는 정확도가 스펙의 하한 아래에 머물러 있습니다.",
        (
            "언제부터인지 봅니다: Prometheus에서 `service_model:accuracy:ratio`. 계단이면 새 모델, 기울기면 "
            "데이터 드리프트입니다.",
            "계단이라면 어느 모델 버전을 불러왔는지 확인하고 이전 버전으로 롤백합니다.",
            "기울기라면 오늘의 입력을 학습 데이터와 견주고 최근 데이터로 다시 학습합니다.",
            "기준 데이터가 맞는지도 봅니다. 라벨이 늦거나 빠져도 수치가 내려갑니다.",
        ),
    ),
    "CacheHitRatioLow": AlertText(
        "<subject> 캐시 적중률 <value>",
        "<subject> 캐시 조회의 <value>만 적중합니다. 한계는 <limit>입니다.",
        "최근 5분의 적중 / 조회 비율이며, 의미를 가질 만큼 조회가 있을 때만 울립니다. 적중하지 못한 것은 다시 "
        "계산하거나 "
        "다시 요청하므로 지연과 비용이 늘어납니다.",
        (
            "캐시를 재시작하거나 비웠는지, 방금 배포했는지 봅니다. 그렇다면 저절로 찹니다. "
            "`service_cache:hits:ratio_rate5m`의 "
            "추이를 봅니다.",
            "너무 작은지 캐시 서버의 축출(eviction)과 메모리를 봅니다.",
            "만료가 너무 이른지, 키에 요청마다 달라지는 것이 들어 있는지 봅니다.",
            "트래픽이 바뀌었는지 봅니다: 크롤러, 새 상품, 반복되지 않는 프롬프트.",
        ),
    ),
}
