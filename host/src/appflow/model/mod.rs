//! Types of the protocol, with its own names in Rust's spelling.

mod answer;
mod configuration;
mod entity;
mod enums;
mod error;
mod request;
mod values;

pub(in crate::appflow) use answer::RECORDS_START;
pub use answer::{
    Answer, DescribeEntityAnswer, ListEntitiesAnswer, QueryDataAnswer, Records, RetrieveDataAnswer,
    ValidateSettingsAnswer, WriteDataAnswer, WriteRecordResult,
};
pub use configuration::{
    AuthParameter, AuthenticationConfig, ConnectorConfiguration, ConnectorRuntimeSetting,
    CustomAuthConfig, OAuth2CustomParameter, OAuth2Defaults,
};
pub use entity::{
    CacheControl, Entity, EntityDefinition, FieldConstraints, FieldDefinition, RangeConstraint,
    ReadOperationProperty, WriteOperationProperty,
};
pub use enums::{
    AuthenticationType, ConnectorMode, ConnectorOperator, ConnectorRuntimeSettingDataType,
    ConnectorRuntimeSettingScope, DataTransferType, ErrorCode, FieldDataType, OAuth2ContentType,
    OAuth2CustomPropType, OAuth2GrantType, OAuth2MethodType, OrUnknown, TriggerFrequency,
    TriggerType, WireEnum, WriteOperationType,
};
pub use error::{ErrorDetails, MAX_MESSAGE_CHARS};
pub use request::{
    ConnectorContext, CredentialsReference, DescribeConnectorConfigurationRequest,
    DescribeEntityRequest, EntityDefinitionText, ListEntitiesRequest, QueryDataRequest, Request,
    RetrieveDataRequest, ValidateConnectorRuntimeSettingsRequest, ValidateCredentialsRequest,
    WriteDataRequest,
};
pub use values::{Decimal, Pairs};
