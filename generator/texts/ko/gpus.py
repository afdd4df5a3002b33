"""Korean: alerts of gpus."""

from __future__ import annotations

from generator.texts.base import AlertText

PROCESSES = (
    "어느 프로세스인지 봅니다: 호스트에서 `nvidia-smi`, 이 스택의 익스포터를 쓰면 Prometheus에서 "
    "`topk(5, gpu_process_memory_used_bytes)`."
)

ALERTS: dict[str, AlertText] = {
    "GpuHighUtilization": AlertText(
        "<subject> 사용률 <value>",
        "<subject>이(가) 시간의 <value> 동안 연산합니다. 한계는 <limit>입니다.",
        "카드가 무엇이든 연산한 시간의 비율이 `for` 동안 계속 한계를 넘었습니다. 카드가 일하는 것 자체는 장애가 "
        "아닙니다. 요청이 카드를 기다리는지가 중요합니다.",
        (
            "대시보드의 GPU 행에서 한 장인지 전부인지 봅니다. 한 장뿐이면 모델을 여러 카드에 나눕니다.",
            "요청이 기다리는지 봅니다. 추론 시간과 처리 대기열을 한계와 견주어, 지켜지고 있으면 문제가 아닙니다.",
            PROCESSES,
            "요청이 기다린다면 배치를 키우거나, 더 작거나 양자화한 모델을 쓰거나, 카드를 늘립니다.",
        ),
    ),
    "GpuHighMemory": AlertText(
        "<subject> 메모리 사용률 <value>",
        "<subject> 메모리의 <value>가 사용 중입니다. 한계는 <limit>입니다.",
        "카드 프레임 버퍼의 사용 / (사용 + 여유 + 예약)입니다. 가득 차면 다음 할당이 CUDA out of memory로 실패합니다.",
        (
            PROCESSES,
            "꾸준히 느는지(누수, 커지는 KV 캐시), 새 모델과 함께 뛰었는지 봅니다.",
            "vLLM은 일부러 메모리 대부분을 차지합니다. `--gpu-memory-utilization`을 낮추거나 스펙의 한계를 올립니다.",
            "아무도 부르지 않는 모델을 내리고, 배치나 컨텍스트를 줄입니다.",
        ),
    ),
    "GpuHot": AlertText(
        "<subject> 온도 <value>",
        "<subject>의 온도가 <value>입니다. 한계는 <limit>입니다.",
        "GPU 자체의 온도입니다. 너무 뜨거운 카드는 클럭을 낮추어 추론이 느려지고, 더 뜨거워지면 스스로 꺼집니다.",
        (
            "대시보드의 GPU 행에서 한 장인지 전부인지 봅니다. 전부라면 기계실의 냉방과 케이스의 팬을 살핍니다.",
            "이미 느려졌는지 봅니다. `nvidia-smi -q -d PERFORMANCE`가 이유를, SM 클럭이 얼마나 느려졌는지를 보여 "
            "줍니다.",
            "한 장뿐이면 팬과 먼지를 봅니다: `nvidia-smi --query-gpu=index,fan.speed,temperature.gpu,power.draw "
            "--format=csv`.",
            "식을 때까지 부하를 덜어 냅니다. 모델을 옮기거나 `nvidia-smi -i INDEX -pl WATTS`로 전력을 낮춥니다.",
        ),
    ),
    "GpuErrors": AlertText(
        "<subject> 오류: <value>",
        "<subject>이(가) 최근 한 시간 안에 <value>를 보고했습니다. 한계는 <limit>입니다.",
        "드라이버가 XID 오류를 보고했거나, 메모리에 ECC가 고치지 못한 오류가 있었습니다. 마지막 오류부터 한 시간 동안, "
        "또는 코드나 카운터가 초기화될 때까지 울립니다. 익스포터는 마지막 코드를 계속 보여 주므로 같은 코드가 두 번 "
        "나도 한 번과 구별되지 않습니다.",
        (
            "코드의 뜻을 봅니다: `dmesg -T | grep -i xid`가 프로세스와 이유를 알려 줍니다. 13, 31, 43은 대개 프로그램, "
            "48, 63, 64, 74, 79, 94, 95는 카드의 문제입니다.",
            "카드가 아직 보이는지 `nvidia-smi`로 봅니다. 버스에서 떨어졌으면(79) 호스트를 다시 시작해야 합니다.",
            "그 위의 서비스가 살아남았는지 오류율과 로그를 보고, 카드를 쥐고 있던 것을 다시 시작합니다.",
            "ECC 오류면 카드에서 작업을 옮기고 초기화합니다(`nvidia-smi -r -i INDEX`). 되풀이되면 카드를 교체합니다.",
        ),
    ),
}
