"""The connector of tests/guests/cursor once more, in Python."""

from appflow_connector import (
    ApiKey,
    At,
    Context,
    Description,
    Entity,
    EntityDefinition,
    Field,
    ListRequest,
    Next,
    Paging,
    QueryRequest,
    Settings,
    Source,
    export,
    http,
)


@export
class Cursor(Source):
    def describe(self, locale: str) -> Description:
        return Description("Tests", "Cursor Python", "0.1.0", authentication=[ApiKey()])

    def validate_credentials(self, settings: Settings) -> None:
        pass

    def list_entities(self, context: Context, request: ListRequest) -> list[Entity]:
        return [Entity("items")]

    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        fields = [Field.long("id", primary_key=True), Field.text("city")]
        return EntityDefinition(entity, fields).without_filters()

    def query(self, context: Context, request: QueryRequest) -> str | None:
        url = http.join(context.settings["upstream"], request.entity)

        def fetch(at: At) -> http.Response:
            return http.get(url, params={"limit": at.size, "cursor": at.cursor}, auth="bearer")

        paging = Paging(request, records="/items", picks={"id": "id", "city": "/home/city"})
        return paging.follow(Next.cursor("/next"), fetch)
