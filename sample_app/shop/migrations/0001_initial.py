"""The first tables, as `makemigrations` wrote them."""

from __future__ import annotations

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def _id() -> models.BigAutoField:
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


def _now(*, indexed: bool = False) -> models.DateTimeField:
    return models.DateTimeField(default=django.utils.timezone.now, db_index=indexed)


def _to(table: str, related_name: str | None = None) -> models.ForeignKey:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=table, related_name=related_name)


class Migration(migrations.Migration):  # type: ignore[misc]
    """Users, products, transactions and messages."""

    initial = True
    operations = (
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=200)),
                ("created", _now()),
                ("last_seen", _now(indexed=True)),
            ],
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", _id()),
                ("name", models.CharField(max_length=200)),
                ("price", models.BigIntegerField()),
                ("created", _now()),
                ("seller", _to("shop.user")),
            ],
        ),
        migrations.CreateModel(
            name="Transaction",
            fields=[
                ("id", _id()),
                ("amount", models.BigIntegerField()),
                ("fraud_score", models.FloatField(null=True)),
                ("created", _now()),
                ("buyer", _to("shop.user")),
                ("product", _to("shop.product")),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", _id()),
                ("text", models.CharField(max_length=2000)),
                ("created", _now()),
                ("recipient", _to("shop.user", "received")),
                ("sender", _to("shop.user", "sent")),
            ],
        ),
    )
