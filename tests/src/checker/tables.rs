//! The tables of AppFlow's protocol: answers, the objects in them, and the enumerations.

/// The eight operations.
pub const OPERATIONS: [&str; 8] = [
    "DescribeConnectorConfiguration",
    "ValidateConnectorRuntimeSettings",
    "ValidateCredentials",
    "ListEntities",
    "DescribeEntity",
    "QueryData",
    "RetrieveData",
    "WriteData",
];

/// What a value must be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// JSON string.
    Text,
    /// JSON `true` or `false`.
    Boolean,
    /// JSON integer of 32 bits.
    Int32,
    /// JSON integer of 64 bits.
    Int64,
    /// JSON number.
    Number,
    /// One of these strings, in this letter case.
    OneOf(&'static [&'static str]),
    /// JSON array without nulls.
    List(&'static Kind),
    /// JSON object with string values.
    TextMap,
    /// JSON object with these properties and no others.
    Object(&'static [Property]),
}

/// One row of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) required: bool,
    pub(super) kind: Kind,
}

/// R in the tables.
const fn required(name: &'static str, kind: Kind) -> Property {
    Property {
        name,
        required: true,
        kind,
    }
}

/// O or D in the tables: may be absent or null.
const fn optional(name: &'static str, kind: Kind) -> Property {
    Property {
        name,
        required: false,
        kind,
    }
}

use Kind::{Boolean, Int32, Int64, List, Number, Object, OneOf, Text, TextMap};

const TEXTS: Kind = List(&Text);

/// Properties of the answer of an operation, or of the bare failure if there is no such operation.
pub(super) fn answer_of(operation: &str) -> &'static [Property] {
    match operation {
        "DescribeConnectorConfiguration" => DESCRIBE_CONNECTOR_CONFIGURATION,
        "ValidateConnectorRuntimeSettings" => VALIDATE_CONNECTOR_RUNTIME_SETTINGS,
        "ListEntities" => LIST_ENTITIES,
        "DescribeEntity" => DESCRIBE_ENTITY,
        "QueryData" => QUERY_DATA,
        "RetrieveData" => RETRIEVE_DATA,
        "WriteData" => WRITE_DATA,
        // ValidateCredentials has no properties of its own, and so has an unknown operation.
        _ => FAILURE,
    }
}

static FAILURE: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
];

static DESCRIBE_CONNECTOR_CONFIGURATION: &[Property] = &[
    required("connectorOwner", Text),
    required("connectorName", Text),
    required("connectorVersion", Text),
    required("connectorModes", List(&OneOf(CONNECTOR_MODES))),
    optional("authenticationConfig", Object(AUTHENTICATION_CONFIG)),
    optional(
        "connectorRuntimeSetting",
        List(&Object(CONNECTOR_RUNTIME_SETTING)),
    ),
    required("supportedApiVersions", TEXTS),
    optional("operatorsSupported", List(&OneOf(CONNECTOR_OPERATORS))),
    optional("supportedTriggerTypes", List(&OneOf(TRIGGER_TYPES))),
    optional(
        "triggerFrequenciesSupported",
        List(&OneOf(TRIGGER_FREQUENCIES)),
    ),
    optional("supportedWriteOperations", List(&OneOf(WRITE_OPERATIONS))),
    optional(
        "supportedDataTransferTypes",
        List(&OneOf(&["RECORD", "FILE"])),
    ),
    optional("logoURL", Text),
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
];

static VALIDATE_CONNECTOR_RUNTIME_SETTINGS: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorsByInputField", TextMap),
    optional("errorDetails", Object(ERROR_DETAILS)),
];

static LIST_ENTITIES: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
    optional("entities", List(&Object(ENTITY))),
    optional("nextToken", Text),
    optional("cacheControl", Object(CACHE_CONTROL)),
];

static DESCRIBE_ENTITY: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
    optional("entityDefinition", Object(ENTITY_DEFINITION)),
    optional("cacheControl", Object(CACHE_CONTROL)),
];

static QUERY_DATA: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
    optional("nextToken", Text),
    optional("records", TEXTS),
];

static RETRIEVE_DATA: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
    optional("records", TEXTS),
];

static WRITE_DATA: &[Property] = &[
    required("isSuccess", Boolean),
    optional("errorDetails", Object(ERROR_DETAILS)),
    optional("writeRecordResults", List(&Object(WRITE_RECORD_RESULT))),
];

static AUTHENTICATION_CONFIG: &[Property] = &[
    optional("isBasicAuthSupported", Boolean),
    optional("isApiKeyAuthSupported", Boolean),
    optional("isOAuth2Supported", Boolean),
    optional("isCustomAuthSupported", Boolean),
    optional("oAuth2Defaults", Object(OAUTH2_DEFAULTS)),
    optional("customAuthConfig", List(&Object(CUSTOM_AUTH_CONFIG))),
];

static OAUTH2_DEFAULTS: &[Property] = &[
    optional("oAuthScopes", TEXTS),
    required("tokenURL", TEXTS),
    optional("authURL", TEXTS),
    required(
        "oAuth2GrantTypesSupported",
        List(&OneOf(&["CLIENT_CREDENTIALS", "AUTHORIZATION_CODE"])),
    ),
    optional(
        "oAuth2ContentType",
        OneOf(&["URL_ENCODED", "APPLICATION_JSON"]),
    ),
    optional("oAuth2MethodType", OneOf(&["HTTP_POST", "HTTP_GET"])),
    // Spelt with a small "auth", unlike its neighbours: the form of the newer SDK.
    optional(
        "oauth2CustomProperties",
        List(&Object(OAUTH2_CUSTOM_PARAMETER)),
    ),
    optional("addBasicAuthHeader", Boolean),
];

static OAUTH2_CUSTOM_PARAMETER: &[Property] = &[
    required("key", Text),
    required("required", Boolean),
    required("type", OneOf(&["TOKEN_URL", "AUTH_URL"])),
    required("label", Text),
    required("description", Text),
    optional("sensitiveField", Boolean),
    optional("connectorSuppliedValues", TEXTS),
];

static CUSTOM_AUTH_CONFIG: &[Property] = &[
    required("authenticationType", Text),
    required("authParameters", List(&Object(AUTH_PARAMETER))),
];

static AUTH_PARAMETER: &[Property] = &[
    required("key", Text),
    required("required", Boolean),
    required("label", Text),
    required("description", Text),
    optional("sensitiveField", Boolean),
    optional("connectorSuppliedValues", TEXTS),
];

static CONNECTOR_RUNTIME_SETTING: &[Property] = &[
    required("key", Text),
    required(
        "dataType",
        OneOf(&[
            "String", "Date", "DateTime", "Long", "Integer", "Boolean", "Url",
        ]),
    ),
    required("required", Boolean),
    required("label", Text),
    required("description", Text),
    required(
        "scope",
        OneOf(&[
            "CONNECTOR_PROFILE",
            "SOURCE",
            "DESTINATION",
            "SOURCE_AND_DESTINATION",
        ]),
    ),
    optional("connectorSuppliedValueOptions", TEXTS),
];

static ENTITY: &[Property] = &[
    required("entityIdentifier", Text),
    required("hasNestedEntities", Boolean),
    optional("isWritable", Boolean),
    optional("label", Text),
    optional("description", Text),
    optional("customProperties", TextMap),
];

static ENTITY_DEFINITION: &[Property] = &[
    required("entity", Object(ENTITY)),
    required("fields", List(&Object(FIELD_DEFINITION))),
    optional("customProperties", TextMap),
];

static FIELD_DEFINITION: &[Property] = &[
    required("fieldName", Text),
    required("dataType", OneOf(FIELD_DATA_TYPES)),
    optional("dataTypeLabel", Text),
    optional("label", Text),
    optional("description", Text),
    optional("isPrimaryKey", Boolean),
    optional("defaultValue", Text),
    optional("isDeprecated", Boolean),
    optional("constraints", Object(FIELD_CONSTRAINTS)),
    optional("readProperties", Object(READ_PROPERTIES)),
    optional("writeProperties", Object(WRITE_PROPERTIES)),
    optional("filterOperators", List(&OneOf(CONNECTOR_OPERATORS))),
    optional("customProperties", TextMap),
];

static FIELD_CONSTRAINTS: &[Property] = &[
    optional("allowedLengthRange", Object(RANGE_CONSTRAINT)),
    optional("allowedValueRange", Object(RANGE_CONSTRAINT)),
    optional("allowedValues", TEXTS),
    optional("allowedValuesRegexPattern", Text),
    optional("allowedDateFormat", Text),
];

static RANGE_CONSTRAINT: &[Property] =
    &[required("minRange", Number), required("maxRange", Number)];

static READ_PROPERTIES: &[Property] = &[
    optional("isRetrievable", Boolean),
    optional("isNullable", Boolean),
    optional("isQueryable", Boolean),
    optional("isTimestampFieldForIncrementalQueries", Boolean),
];

static WRITE_PROPERTIES: &[Property] = &[
    optional("isCreatable", Boolean),
    optional("isUpdatable", Boolean),
    optional("isNullable", Boolean),
    optional("isUpsertable", Boolean),
    optional("isDefaultedOnCreate", Boolean),
    optional("supportedWriteOperations", List(&OneOf(WRITE_OPERATIONS))),
];

static CACHE_CONTROL: &[Property] = &[
    required("timeToLive", Int64),
    // Optional in the tables; what AppFlow makes of an absent unit is not known, so it is required of us.
    required(
        "timeToLiveUnit",
        OneOf(&[
            "NANOSECONDS",
            "MICROSECONDS",
            "MILLISECONDS",
            "SECONDS",
            "MINUTES",
            "HOURS",
            "DAYS",
        ]),
    ),
];

static ERROR_DETAILS: &[Property] = &[
    required("errorCode", OneOf(ERROR_CODES)),
    required("errorMessage", Text),
    optional("retryAfterSeconds", Int32),
];

static WRITE_RECORD_RESULT: &[Property] = &[
    required("isSuccess", Boolean),
    required("recordId", Text),
    optional("errorMessage", Text),
];

static CONNECTOR_MODES: &[&str] = &["SOURCE", "DESTINATION"];

static CONNECTOR_OPERATORS: &[&str] = &[
    "PROJECTION",
    "LESS_THAN",
    "GREATER_THAN",
    "BETWEEN",
    "LESS_THAN_OR_EQUAL_TO",
    "GREATER_THAN_OR_EQUAL_TO",
    "EQUAL_TO",
    "CONTAINS",
    "NOT_EQUAL_TO",
    "ADDITION",
    "SUBTRACTION",
    "MULTIPLICATION",
    "DIVISION",
    "MASK_ALL",
    "MASK_FIRST_N",
    "MASK_LAST_N",
    "VALIDATE_NON_NULL",
    "VALIDATE_NON_ZERO",
    "VALIDATE_NON_NEGATIVE",
    "VALIDATE_NUMERIC",
    "NO_OP",
];

static TRIGGER_TYPES: &[&str] = &["SCHEDULED", "ONDEMAND"];

static TRIGGER_FREQUENCIES: &[&str] = &["BYMINUTE", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "ONCE"];

static WRITE_OPERATIONS: &[&str] = &["INSERT", "UPDATE", "UPSERT", "DELETE"];

static FIELD_DATA_TYPES: &[&str] = &[
    "String",
    "Integer",
    "Float",
    "Double",
    "Long",
    "Short",
    "BigInteger",
    "BigDecimal",
    "ByteArray",
    "Boolean",
    "Date",
    "DateTime",
    "Struct",
    "Map",
    "List",
];

/// The error codes.
pub static ERROR_CODES: &[&str] = &[
    "InvalidArgument",
    "InvalidCredentials",
    "AccessDenied",
    "RequestTimeout",
    "RateLimitExceeded",
    "ServiceUnavailable",
    "ClientError",
    "ServerError",
    "UnknownError",
    "PartialWriteFailure",
    "ResourceNotFoundError",
];
