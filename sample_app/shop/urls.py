"""Where the endpoints are. The names are the `view` labels of the request metrics."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("api/v1/users/", views.users, name="users"),
    path("api/v1/products/", views.products, name="products"),
    path("api/v1/products/<int:product>/", views.product, name="product"),
    path("api/v1/transactions/", views.transactions, name="transactions"),
    path("api/v1/messages/", views.messages, name="messages"),
]
METHODS = {
    "users": ("POST",),
    "products": ("GET", "POST"),
    "product": ("GET",),
    "transactions": ("POST",),
    "messages": ("POST",),
}
handler400 = views.bad_request
handler404 = views.not_found
handler500 = views.broken
