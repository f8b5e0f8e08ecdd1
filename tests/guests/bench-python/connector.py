"""One request, one page: for measuring what a page costs through a connector in Python.

The setting ``url`` is the address of the page, whose records are at ``/records``; the fields of the request are picked. The setting
``parse`` says who reads the JSON: the host (``emit-json``, the default) or the connector (``own``).
"""

from appflow_connector import (
    Context,
    Description,
    Entity,
    EntityDefinition,
    Field,
    InvalidArgument,
    ListRequest,
    QueryRequest,
    Settings,
    Source,
    export,
    http,
    page,
)


@export
class Bench(Source):
    def describe(self, locale: str) -> Description:
        return Description("Example", "bench-python", "0.1.0")

    def validate_credentials(self, settings: Settings) -> None:
        pass

    def list_entities(self, context: Context, request: ListRequest) -> list[Entity]:
        return [Entity("records")]

    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        return EntityDefinition(entity, [Field.text("id", primary_key=True)]).without_filters()

    def query(self, context: Context, request: QueryRequest) -> str | None:
        answer = http.get(context.settings.get("url", "https://bench.example.com/page"))
        if context.settings.get("parse") != "own":
            left = page.emit_json(answer, "/records", request.picks(request.fields)).left
        else:
            fields = request.fields
            batch = page.Batch()
            records = answer.raise_for_status().json()["records"]
            for record in records:
                batch.push({name: record[name] for name in fields if name in record} if fields else record)
            left = len(records) - batch.finish()
        if left:
            raise InvalidArgument("the page is larger than one answer may be")
        return None
