"""Every metric that the requirements name is in the running stack, under that name or under the one that it has now.

Those of containers (container_cpu_usage_seconds_total …) come with `hosts.containers`, which the demo leaves out.
"""

from __future__ import annotations

import pytest

from tests.integration.client import query, wait
from tests.integration.platform.stack import PlatformStack

pytestmark = pytest.mark.integration

AS_NAMED = (
    "django_http_requests_latency_including_middlewares_seconds_bucket",
    "django_http_requests_latency_seconds_by_view_method_bucket",
    "django_http_responses_total_by_status_view_method_total",
    "http_request_duration_seconds_bucket",
    "http_requests_total",
    "node_cpu_seconds_total",
    "node_disk_read_bytes_total",
    "node_disk_written_bytes_total",
    "node_filesystem_avail_bytes",
    "node_memory_MemTotal_bytes",
    "pg_stat_database_numbackends",
    "pg_stat_database_xact_commit",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "redis_commands_processed_total",
    "redis_keyspace_hits_total",
    "redis_keyspace_misses_total",
    "redis_memory_used_bytes",
)
NOW = {
    "multiweb_active_users": "shop_active_users",
    "multiweb_active_users_count": "shop_active_users",
    "multiweb_http_requests_total": "django_http_requests_total_by_method_total",
    "multiweb_product_creation_duration_seconds": (
        'django_http_requests_latency_seconds_by_view_method_bucket{view="products", method="POST"}'
    ),
    "multiweb_products_created_total": "shop_products_created_total",
    "multiweb_transactions_completed_total": "shop_transactions_completed_total",
    "pg_stat_statements_mean_exec_time_seconds": (
        "rate(pg_stat_statements_seconds_total[5m]) / rate(pg_stat_statements_calls_total[5m])"
    ),
    "users who registered": "shop_users_registered_total",
    "messages": "shop_messages_sent_total",
    "revenue": "shop_revenue_krw_total",
    "size of the database": "pg_database_size_bytes",
    "reads and writes of each table": 'pg_statio_user_tables_heap_blocks_read{relname="shop_product"}',
    "GPU use, four cards": "count(DCGM_FI_DEV_GPU_UTIL) == 4",
    "GPU memory": "DCGM_FI_DEV_FB_USED + DCGM_FI_DEV_FB_FREE",
    "GPU temperature and power": "DCGM_FI_DEV_GPU_TEMP and DCGM_FI_DEV_POWER_USAGE",
    "time in the queue and in the model": (
        "rate(inference_queue_wait_seconds_sum[5m]) + rate(inference_duration_seconds_sum[5m])"
    ),
    "cold start": "inference_cold_start_seconds",
    "accuracy": "model_accuracy_ratio",
    "click-through": "rate(recommendation_clicks_total[5m]) / rate(recommendations_served_total[5m])",
    "success of recommendations": "rate(recommendation_successes_total[5m]) / rate(recommendations_served_total[5m])",
    "tokens and cost": "llm_tokens_total and on (model) llm_cost_usd_total",
    "API keys": "api_key_requests_total",
    "web vitals": 'web_vitals_seconds_bucket{name="LCP"}',
}


@pytest.fixture(scope="module", autouse=True)
def traffic(stack: PlatformStack) -> None:
    """Enough of everything to have been counted once."""
    stack.load("--users", 40, "--seconds", 40, "--start-hour", 20)


@pytest.mark.parametrize("metric", AS_NAMED)
def test_a_metric_that_kept_its_name(stack: PlatformStack, metric: str) -> None:
    """The documents' own queries find it."""
    assert wait(metric, lambda: query(stack.prometheus, metric) or None, 60)


@pytest.mark.parametrize("named", NOW)
def test_a_metric_that_is_found_under_another_name(stack: PlatformStack, named: str) -> None:
    """The product's own name, or the expression that gives the same."""
    assert wait(NOW[named], lambda: query(stack.prometheus, NOW[named]) or None, 60)


@pytest.mark.server("process_exporter")
def test_cpu_and_memory_by_process(stack: PlatformStack) -> None:
    """For each program of this host, where the exporter of processes runs."""
    if "process-exporter" not in stack.states():
        pytest.skip(f"this {stack.runtime} stack runs without process-exporter: {stack.note('process-exporter')}")
    names = 'namedprocess_namegroup_cpu_seconds_total{groupname="sample_app.api"}'
    memory = 'namedprocess_namegroup_memory_bytes{groupname="sample_app.api", memtype="resident"} > 1e6'

    assert wait(names, lambda: query(stack.prometheus, names) or None, 60)
    assert wait(memory, lambda: query(stack.prometheus, memory) or None, 60)
