//! The protocol's enumerations with all their wire values. Letter case counts.

use serde::{Serialize, Serializer};
use std::fmt;

/// An enumeration of the protocol.
pub trait WireEnum: Copy + Eq + fmt::Debug + 'static {
    /// Every value, in the order of the protocol's documentation.
    const ALL: &'static [Self];
    /// Text on the wire.
    fn as_str(self) -> &'static str;
    /// The value of a text on the wire.
    fn from_wire(text: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|value| value.as_str() == text)
    }
}

macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$item_doc:meta])* $item:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$item_doc])* #[doc = concat!("`", $text, "` on the wire.")] $item,)+
        }

        impl $name {
            /// Every value, in the order of the protocol's documentation.
            pub const ALL: &'static [Self] = &[$(Self::$item),+];

            /// Text on the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$item => $text),+ }
            }
        }

        impl WireEnum for $name {
            const ALL: &'static [Self] = Self::ALL;
            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

/// A value that only describes something and may be newer than this code. AppFlow's own SDKs fail the whole request on
/// a value they do not know; here its text is kept. [`validate`](crate::appflow::validate) refuses it in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OrUnknown<T> {
    /// A value of the enumeration.
    Known(T),
    /// Anything else, as it came.
    Unknown(String),
}

impl<T: WireEnum> OrUnknown<T> {
    /// The value of a text on the wire.
    #[must_use]
    pub fn from_wire(text: &str) -> Self {
        T::from_wire(text).map_or_else(|| Self::Unknown(text.to_owned()), Self::Known)
    }

    /// Text on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => value.as_str(),
            Self::Unknown(text) => text,
        }
    }

    /// The value, if it is a known one.
    #[must_use]
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> From<T> for OrUnknown<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: WireEnum> Serialize for OrUnknown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

wire_enum! {
    /// Directions a connector can be used in.
    ConnectorMode {
        /// AppFlow reads from the application.
        Source = "SOURCE",
        /// AppFlow writes to the application.
        Destination = "DESTINATION",
    }
}

wire_enum! {
    /// What AppFlow can do with fields.
    ConnectorOperator {
        /// Choose fields.
        Projection = "PROJECTION",
        /// `<`
        LessThan = "LESS_THAN",
        /// `>`
        GreaterThan = "GREATER_THAN",
        /// Between two values.
        Between = "BETWEEN",
        /// `<=`
        LessThanOrEqualTo = "LESS_THAN_OR_EQUAL_TO",
        /// `>=`
        GreaterThanOrEqualTo = "GREATER_THAN_OR_EQUAL_TO",
        /// `=`
        EqualTo = "EQUAL_TO",
        /// Part of a text.
        Contains = "CONTAINS",
        /// `!=`
        NotEqualTo = "NOT_EQUAL_TO",
        /// Sum.
        Addition = "ADDITION",
        /// Difference.
        Subtraction = "SUBTRACTION",
        /// Product.
        Multiplication = "MULTIPLICATION",
        /// Quotient.
        Division = "DIVISION",
        /// Mask the whole value.
        MaskAll = "MASK_ALL",
        /// Mask the first characters.
        MaskFirstN = "MASK_FIRST_N",
        /// Mask the last characters.
        MaskLastN = "MASK_LAST_N",
        /// Value must be present.
        ValidateNonNull = "VALIDATE_NON_NULL",
        /// Value must not be zero.
        ValidateNonZero = "VALIDATE_NON_ZERO",
        /// Value must not be negative.
        ValidateNonNegative = "VALIDATE_NON_NEGATIVE",
        /// Value must be a number.
        ValidateNumeric = "VALIDATE_NUMERIC",
        /// Nothing.
        NoOp = "NO_OP",
    }
}

wire_enum! {
    /// Ways to start a flow that a custom connector can declare.
    TriggerType {
        /// On a schedule.
        Scheduled = "SCHEDULED",
        /// By hand.
        OnDemand = "ONDEMAND",
    }
}

wire_enum! {
    /// Intervals of scheduled flows.
    TriggerFrequency {
        /// Every n minutes.
        ByMinute = "BYMINUTE",
        /// Every n hours.
        Hourly = "HOURLY",
        /// Every n days.
        Daily = "DAILY",
        /// Every n weeks.
        Weekly = "WEEKLY",
        /// Every n months.
        Monthly = "MONTHLY",
        /// One time.
        Once = "ONCE",
    }
}

wire_enum! {
    /// Ways to write.
    WriteOperationType {
        /// New records.
        Insert = "INSERT",
        /// Changes of known records.
        Update = "UPDATE",
        /// Insert or update.
        Upsert = "UPSERT",
        /// Removal.
        Delete = "DELETE",
    }
}

wire_enum! {
    /// What a connector transfers.
    DataTransferType {
        /// Records.
        Record = "RECORD",
        /// Files. How their content would travel is not documented.
        File = "FILE",
    }
}

wire_enum! {
    /// Type of a field.
    FieldDataType {
        /// Text.
        String = "String",
        /// 32-bit integer.
        Integer = "Integer",
        /// Single-precision number.
        Float = "Float",
        /// Double-precision number.
        Double = "Double",
        /// 64-bit integer.
        Long = "Long",
        /// 16-bit integer.
        Short = "Short",
        /// Integer without bounds.
        BigInteger = "BigInteger",
        /// Decimal without bounds.
        BigDecimal = "BigDecimal",
        /// Base64 text.
        ByteArray = "ByteArray",
        /// True or false.
        Boolean = "Boolean",
        /// Calendar day.
        Date = "Date",
        /// Point in time.
        DateTime = "DateTime",
        /// Object.
        Struct = "Struct",
        /// Object with free keys.
        Map = "Map",
        /// Array.
        List = "List",
    }
}

wire_enum! {
    /// Type of a setting's value.
    ConnectorRuntimeSettingDataType {
        /// Text.
        String = "String",
        /// Calendar day.
        Date = "Date",
        /// Point in time.
        DateTime = "DateTime",
        /// 64-bit integer.
        Long = "Long",
        /// 32-bit integer.
        Integer = "Integer",
        /// True or false.
        Boolean = "Boolean",
        /// Address.
        Url = "Url",
    }
}

wire_enum! {
    /// Where a setting is asked.
    ConnectorRuntimeSettingScope {
        /// With the connection.
        ConnectorProfile = "CONNECTOR_PROFILE",
        /// In flows that read.
        Source = "SOURCE",
        /// In flows that write.
        Destination = "DESTINATION",
        /// In both.
        SourceAndDestination = "SOURCE_AND_DESTINATION",
    }
}

wire_enum! {
    /// How a user authenticates. (AppFlow's public API spells these values differently; that form never comes here.)
    AuthenticationType {
        /// User name and password.
        BasicAuth = "BasicAuth",
        /// OAuth 2.
        OAuth2 = "OAuth2",
        /// API key.
        ApiKey = "ApiKey",
        /// The connector's own scheme.
        CustomAuth = "CustomAuth",
    }
}

wire_enum! {
    /// OAuth 2 grants.
    OAuth2GrantType {
        /// By client id and secret alone.
        ClientCredentials = "CLIENT_CREDENTIALS",
        /// By the user's consent.
        AuthorizationCode = "AUTHORIZATION_CODE",
    }
}

wire_enum! {
    /// Encoding of the token request's body.
    OAuth2ContentType {
        /// `application/x-www-form-urlencoded`.
        UrlEncoded = "URL_ENCODED",
        /// JSON.
        ApplicationJson = "APPLICATION_JSON",
    }
}

wire_enum! {
    /// Method of the token request.
    OAuth2MethodType {
        /// POST.
        HttpPost = "HTTP_POST",
        /// GET.
        HttpGet = "HTTP_GET",
    }
}

wire_enum! {
    /// Where an OAuth 2 custom parameter goes.
    OAuth2CustomPropType {
        /// The token request.
        TokenUrl = "TOKEN_URL",
        /// The authorization request.
        AuthUrl = "AUTH_URL",
    }
}

wire_enum! {
    /// AppFlow's error codes.
    ErrorCode {
        /// Bad input; payload or query too large.
        InvalidArgument = "InvalidArgument",
        /// Credentials rejected. With OAuth 2, AppFlow then refreshes the token and asks again.
        InvalidCredentials = "InvalidCredentials",
        /// Authenticated but not allowed.
        AccessDenied = "AccessDenied",
        /// The application or the HTTP client timed out.
        RequestTimeout = "RequestTimeout",
        /// Throttled.
        RateLimitExceeded = "RateLimitExceeded",
        /// Temporarily down.
        ServiceUnavailable = "ServiceUnavailable",
        /// Any other fault of the caller.
        ClientError = "ClientError",
        /// Any other fault of the application.
        ServerError = "ServerError",
        /// Nothing else fits.
        UnknownError = "UnknownError",
        /// `WriteData`: some records failed.
        PartialWriteFailure = "PartialWriteFailure",
        /// A resource on AWS's side is missing, such as the secret.
        ResourceNotFoundError = "ResourceNotFoundError",
    }
}
