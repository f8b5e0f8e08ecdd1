"""What can be read from Stripe and written to it: one table.

Names and types are those of Stripe's API reference. A name with a dot is a value inside an object, ``address.city``; points in time
are whole seconds since 1970 at Stripe and texts at AppFlow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from appflow_connector import DataType, Field, Operator, WriteOperations

INSERT, UPDATE, UPSERT, DELETE = WriteOperations
TEXT, LONG, BOOLEAN, TIME = DataType.TEXT, DataType.LONG, DataType.BOOLEAN, DataType.DATE_TIME
OBJECT, MAPPING, ARRAY = DataType.OBJECT, DataType.MAPPING, DataType.ARRAY

COMPARISONS = (
    Operator.EQUAL_TO,
    Operator.NOT_EQUAL_TO,
    Operator.LESS_THAN,
    Operator.LESS_THAN_OR_EQUAL_TO,
    Operator.GREATER_THAN,
    Operator.GREATER_THAN_OR_EQUAL_TO,
    Operator.BETWEEN,
)


@dataclass(frozen=True)
class Kind:
    """An entity: its place under ``/v1``, its fields by name, and what may be done with them."""

    path: str
    label: str
    fields: dict[str, DataType]
    writable: str = ""
    """Names of the fields that can be created and updated, divided by spaces."""
    creatable: str = ""
    """Names of the fields that can be created only."""
    operations: WriteOperations = WriteOperations(0)
    exact: frozenset[str] = frozenset()
    """Fields that the list can be asked for by an exact value."""
    always: dict[str, str] = field(default_factory=dict)
    """Parameters of every list, unless a filter says otherwise."""

    @property
    def times(self) -> frozenset[str]:
        """Fields that are points in time."""
        return frozenset(name for name, kind in self.fields.items() if kind is TIME)

    def definition(self) -> list[Field]:
        """The fields as AppFlow sees them."""
        writable, creatable = self.writable.split(), self.creatable.split()
        fields = []
        for name, kind in self.fields.items():
            is_id = name == "id"
            can_be_filtered = kind in (TEXT, LONG, BOOLEAN, TIME)
            fields.append(
                Field(
                    name,
                    kind,
                    primary_key=is_id,
                    incremental=name == "created",
                    creatable=name in writable or name in creatable,
                    updatable=name in writable,
                    upsertable=name in writable,
                    null_writable=name in writable,
                    id_for=self.operations & (UPDATE | UPSERT | DELETE) if is_id else WriteOperations(0),
                    filter_operators=(COMPARISONS if kind in (LONG, TIME) else None) if can_be_filtered else (),
                )
            )
        return fields


ADDRESS = {f"address.{part}": TEXT for part in ("city", "country", "line1", "line2", "postal_code", "state")}
COMMON = {"id": TEXT, "created": TIME, "livemode": BOOLEAN, "metadata": MAPPING}

KINDS: dict[str, Kind] = {
    "customers": Kind(
        "customers",
        "Customers",
        COMMON
        | {"name": TEXT, "email": TEXT, "phone": TEXT, "description": TEXT, "balance": LONG, "currency": TEXT}
        | {"delinquent": BOOLEAN, "default_source": TEXT, "invoice_prefix": TEXT, "address": OBJECT}
        | ADDRESS
        | {"shipping": OBJECT, "invoice_settings": OBJECT, "preferred_locales": ARRAY, "tax_exempt": TEXT},
        writable="name email phone description balance metadata address shipping invoice_settings preferred_locales tax_exempt "
        + " ".join(ADDRESS),
        operations=INSERT | UPDATE | UPSERT | DELETE,
        exact=frozenset({"email"}),
    ),
    "charges": Kind(
        "charges",
        "Charges",
        COMMON
        | {"amount": LONG, "amount_captured": LONG, "amount_refunded": LONG, "currency": TEXT, "customer": TEXT, "description": TEXT}
        | {"status": TEXT, "paid": BOOLEAN, "captured": BOOLEAN, "refunded": BOOLEAN, "disputed": BOOLEAN, "invoice": TEXT}
        | {"payment_intent": TEXT, "payment_method": TEXT, "receipt_email": TEXT, "failure_code": TEXT, "failure_message": TEXT}
        | {"balance_transaction": TEXT, "billing_details": OBJECT, "payment_method_details": OBJECT, "outcome": OBJECT}
        | {"shipping": OBJECT, "source": OBJECT},
        writable="description metadata receipt_email shipping",
        creatable="amount currency customer source",
        operations=INSERT | UPDATE,
        exact=frozenset({"customer"}),
    ),
    "payment_intents": Kind(
        "payment_intents",
        "Payment intents",
        COMMON
        | {"amount": LONG, "amount_received": LONG, "amount_capturable": LONG, "currency": TEXT, "customer": TEXT, "description": TEXT}
        | {"status": TEXT, "capture_method": TEXT, "confirmation_method": TEXT, "payment_method": TEXT, "receipt_email": TEXT}
        | {"canceled_at": TIME, "cancellation_reason": TEXT, "latest_charge": TEXT, "invoice": TEXT}
        | {"payment_method_types": ARRAY, "payment_method_options": OBJECT, "shipping": OBJECT, "last_payment_error": OBJECT},
        writable="description metadata receipt_email shipping customer amount currency payment_method_types",
        creatable="capture_method payment_method",
        operations=INSERT | UPDATE,
        exact=frozenset({"customer"}),
    ),
    "products": Kind(
        "products",
        "Products",
        COMMON
        | {"name": TEXT, "active": BOOLEAN, "description": TEXT, "default_price": TEXT, "type": TEXT, "updated": TIME}
        | {"unit_label": TEXT, "url": TEXT, "statement_descriptor": TEXT, "tax_code": TEXT, "shippable": BOOLEAN}
        | {"images": ARRAY, "package_dimensions": OBJECT},
        writable="name active description metadata unit_label url statement_descriptor tax_code shippable images package_dimensions",
        creatable="id type",
        operations=INSERT | UPDATE | UPSERT | DELETE,
        exact=frozenset({"active"}),
    ),
    "prices": Kind(
        "prices",
        "Prices",
        COMMON
        | {"active": BOOLEAN, "product": TEXT, "currency": TEXT, "unit_amount": LONG, "unit_amount_decimal": TEXT, "nickname": TEXT}
        | {"type": TEXT, "billing_scheme": TEXT, "lookup_key": TEXT, "tiers_mode": TEXT, "tax_behavior": TEXT}
        | {"recurring": OBJECT, "transform_quantity": OBJECT},
        writable="active metadata nickname lookup_key tax_behavior",
        creatable="product currency unit_amount unit_amount_decimal billing_scheme recurring transform_quantity tiers_mode",
        operations=INSERT | UPDATE,
        exact=frozenset({"active", "product", "currency"}),
    ),
    "invoices": Kind(
        "invoices",
        "Invoices",
        COMMON
        | {"number": TEXT, "customer": TEXT, "subscription": TEXT, "status": TEXT, "currency": TEXT, "description": TEXT}
        | {"amount_due": LONG, "amount_paid": LONG, "amount_remaining": LONG, "subtotal": LONG, "tax": LONG, "total": LONG}
        | {"attempted": BOOLEAN, "attempt_count": LONG, "collection_method": TEXT, "billing_reason": TEXT, "paid": BOOLEAN}
        | {"due_date": TIME, "period_start": TIME, "period_end": TIME, "hosted_invoice_url": TEXT, "lines": OBJECT}
        | {"customer_address": OBJECT, "status_transitions": OBJECT},
        writable="description metadata collection_method due_date",
        creatable="customer subscription currency",
        operations=INSERT | UPDATE | DELETE,
        exact=frozenset({"customer", "subscription", "status"}),
    ),
    "subscriptions": Kind(
        "subscriptions",
        "Subscriptions",
        COMMON
        | {"customer": TEXT, "status": TEXT, "currency": TEXT, "description": TEXT, "collection_method": TEXT, "latest_invoice": TEXT}
        | {"start_date": TIME, "current_period_start": TIME, "current_period_end": TIME, "trial_start": TIME, "trial_end": TIME}
        | {"cancel_at": TIME, "canceled_at": TIME, "ended_at": TIME, "cancel_at_period_end": BOOLEAN, "default_payment_method": TEXT}
        | {"items": OBJECT, "discount": OBJECT, "cancellation_details": OBJECT},
        writable="description metadata collection_method cancel_at cancel_at_period_end default_payment_method trial_end items",
        creatable="customer currency",
        operations=INSERT | UPDATE | DELETE,
        exact=frozenset({"customer", "status"}),
        # Without it Stripe leaves cancelled ones out.
        always={"status": "all"},
    ),
    "refunds": Kind(
        "refunds",
        "Refunds",
        COMMON
        | {"amount": LONG, "currency": TEXT, "charge": TEXT, "payment_intent": TEXT, "status": TEXT, "reason": TEXT}
        | {"receipt_number": TEXT, "failure_reason": TEXT, "balance_transaction": TEXT},
        writable="metadata",
        creatable="amount charge payment_intent reason",
        operations=INSERT | UPDATE,
        exact=frozenset({"charge", "payment_intent"}),
    ),
    "events": Kind(
        "events",
        "Events",
        {"id": TEXT, "created": TIME, "livemode": BOOLEAN, "type": TEXT, "api_version": TEXT, "pending_webhooks": LONG}
        | {"data": OBJECT, "request": OBJECT},
        exact=frozenset({"type"}),
    ),
}
