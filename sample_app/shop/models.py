"""The tables. Prices and amounts are whole KRW. Nothing is ever deleted."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

NAME_LENGTH = 200
TEXT_LENGTH = 2000


class User(models.Model):  # type: ignore[misc]
    """Somebody who buys, sells and writes; `last_seen` is right to a minute."""

    name = models.CharField(max_length=NAME_LENGTH)
    created = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now, db_index=True)


class Product(models.Model):  # type: ignore[misc]
    """Something for sale; it can be sold any number of times."""

    seller = models.ForeignKey(User, models.PROTECT)
    name = models.CharField(max_length=NAME_LENGTH)
    price = models.BigIntegerField()
    created = models.DateTimeField(default=timezone.now)


class Transaction(models.Model):  # type: ignore[misc]
    """One sale; `fraud_score` (0 to 1) is null when the API service could not be asked."""

    buyer = models.ForeignKey(User, models.PROTECT)
    product = models.ForeignKey(Product, models.PROTECT)
    amount = models.BigIntegerField()
    fraud_score = models.FloatField(null=True)
    created = models.DateTimeField(default=timezone.now)


class Message(models.Model):  # type: ignore[misc]
    """A message from one user to another."""

    sender = models.ForeignKey(User, models.PROTECT, related_name="sent")
    recipient = models.ForeignKey(User, models.PROTECT, related_name="received")
    text = models.CharField(max_length=TEXT_LENGTH)
    created = models.DateTimeField(default=timezone.now)
