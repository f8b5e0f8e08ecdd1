"""The smallest connector: greetings made up on the spot, from no application at all."""

from appflow_connector import (
    Context,
    Description,
    Entity,
    EntityDefinition,
    Field,
    ListRequest,
    Paging,
    QueryRequest,
    Settings,
    Source,
    export,
)

NAMES = ["Ada", "Barbara", "Grace", "Hedy", "Karen"]


@export
class Hello(Source):
    def describe(self, locale: str) -> Description:
        return Description("Example", "Hello Python", "0.1.0")

    def validate_credentials(self, settings: Settings) -> None:
        pass

    def list_entities(self, context: Context, request: ListRequest) -> list[Entity]:
        return [Entity("greeting", label="Greetings")]

    def describe_entity(self, context: Context, entity: str) -> EntityDefinition:
        fields = [Field.long("id", primary_key=True), Field.text("text")]
        return EntityDefinition(entity, fields).without_filters()

    def query(self, context: Context, request: QueryRequest) -> str | None:
        greetings = ({"id": id, "text": f"Hello, {name}!"} for id, name in enumerate(NAMES))
        return Paging(request).emit(request.only(greeting) for greeting in greetings)
