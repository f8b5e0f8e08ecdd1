//! The eight operations of the protocol.

use std::fmt;
use std::time::Duration;

/// One of AppFlow's eight operations. There is no version number in the protocol and no ninth operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// What the connector is: asked at registration, without settings or credentials.
    DescribeConnectorConfiguration,
    /// Are these settings good?
    ValidateConnectorRuntimeSettings,
    /// Does the application accept these credentials?
    ValidateCredentials,
    /// What can be read and written.
    ListEntities,
    /// The fields of one entity.
    DescribeEntity,
    /// One page of records.
    QueryData,
    /// Records by their ids.
    RetrieveData,
    /// Writes a batch of records.
    WriteData,
}

impl Operation {
    /// All operations, in the order of the protocol's documentation.
    pub const ALL: &'static [Self] = &[
        Self::DescribeConnectorConfiguration,
        Self::ValidateConnectorRuntimeSettings,
        Self::ValidateCredentials,
        Self::ListEntities,
        Self::DescribeEntity,
        Self::QueryData,
        Self::RetrieveData,
        Self::WriteData,
    ];

    /// Name without the ending `Request`, such as `QueryData`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DescribeConnectorConfiguration => "DescribeConnectorConfiguration",
            Self::ValidateConnectorRuntimeSettings => "ValidateConnectorRuntimeSettings",
            Self::ValidateCredentials => "ValidateCredentials",
            Self::ListEntities => "ListEntities",
            Self::DescribeEntity => "DescribeEntity",
            Self::QueryData => "QueryData",
            Self::RetrieveData => "RetrieveData",
            Self::WriteData => "WriteData",
        }
    }

    /// Value of the request's property `type`, such as `QueryDataRequest`.
    #[must_use]
    pub const fn request_type(self) -> &'static str {
        match self {
            Self::DescribeConnectorConfiguration => "DescribeConnectorConfigurationRequest",
            Self::ValidateConnectorRuntimeSettings => "ValidateConnectorRuntimeSettingsRequest",
            Self::ValidateCredentials => "ValidateCredentialsRequest",
            Self::ListEntities => "ListEntitiesRequest",
            Self::DescribeEntity => "DescribeEntityRequest",
            Self::QueryData => "QueryDataRequest",
            Self::RetrieveData => "RetrieveDataRequest",
            Self::WriteData => "WriteDataRequest",
        }
    }

    /// The operation of a request's `type`; letter case counts.
    #[must_use]
    pub fn from_request_type(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.request_type() == text)
    }

    /// The operation of this [`name`](Self::name); letter case counts.
    #[must_use]
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|operation| operation.name() == text)
    }

    /// How long AppFlow waits for the answer, cold start included: 10 s for configuration and metadata, 30 s for
    /// records (AppFlow's user guide). For `RetrieveData` nothing is documented; 30 s is taken as for the other record
    /// operations.
    #[must_use]
    pub const fn time_limit(self) -> Duration {
        match self {
            Self::DescribeConnectorConfiguration
            | Self::ValidateConnectorRuntimeSettings
            | Self::ValidateCredentials
            | Self::ListEntities
            | Self::DescribeEntity => Duration::from_secs(10),
            Self::QueryData | Self::RetrieveData | Self::WriteData => Duration::from_secs(30),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
