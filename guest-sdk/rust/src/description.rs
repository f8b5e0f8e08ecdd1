//! What a connector says about itself.

use crate::bindings::wit_common as common;
use crate::bindings::wit_configuration as wit;
use crate::schema::{Operator, WriteOperations};

#[doc(inline)]
pub use common::AuthenticationType;
#[doc(inline)]
pub use wit::{
    Authentication, CustomScheme, Description, Frequencies, Oauth2 as OAuth2,
    Oauth2Content as OAuth2Content, Oauth2Grants as OAuth2Grants, Oauth2Method as OAuth2Method,
    Oauth2Parameter as OAuth2Parameter, Oauth2Target as OAuth2Target, Parameter, Scope, Setting,
    SettingError, SettingKind, Triggers,
};

/// API version of a connector that declares none.
const DEFAULT_API_VERSION: &str = "v1.0";

/// Builders.
///
/// ```
/// use appflow_connector::description::{Description, OAuth2, Setting};
///
/// Description::new("Example Ltd", "Example CRM", env!("CARGO_PKG_VERSION"))
///     .api_versions(["2024-01"])
///     .setting(Setting::url("instanceUrl", "Address of your instance").required())
///     .authentication(OAuth2::new("https://example.com/oauth/token").auth_url("https://example.com/oauth/authorize"));
/// ```
impl Description {
    /// A source without settings, authentication or restrictions, of API version `v1.0`. Neither `owner` nor `name`
    /// may start with aws, amazon or appflow; `version` has no spaces.
    pub fn new(
        owner: impl Into<String>,
        name: impl Into<String>,
        version: impl Into<String>,
    ) -> Self {
        Self {
            owner: owner.into(),
            name: name.into(),
            version: version.into(),
            api_versions: vec![DEFAULT_API_VERSION.to_owned()],
            settings: Vec::new(),
            authentication: Vec::new(),
            operators: None,
            triggers: Triggers::empty(),
            frequencies: Frequencies::empty(),
            write_operations: WriteOperations::empty(),
            logo_url: None,
        }
    }

    /// API versions a user may pick, in place of `v1.0`; at least one.
    #[must_use]
    pub fn api_versions<V: Into<String>>(self, versions: impl IntoIterator<Item = V>) -> Self {
        Self {
            api_versions: versions.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// A setting a user fills in.
    #[must_use]
    pub fn setting(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// A way to authenticate.
    #[must_use]
    pub fn authentication(mut self, authentication: impl Into<Authentication>) -> Self {
        self.authentication.push(authentication.into());
        self
    }

    /// Operators supported, in place of all.
    #[must_use]
    pub fn operators(self, operators: impl IntoIterator<Item = Operator>) -> Self {
        Self {
            operators: Some(operators.into_iter().collect()),
            ..self
        }
    }

    /// Ways to start a flow, in place of all.
    #[must_use]
    pub fn triggers(self, triggers: Triggers) -> Self {
        Self { triggers, ..self }
    }

    /// Intervals of scheduled flows, in place of all.
    #[must_use]
    pub fn frequencies(self, frequencies: Frequencies) -> Self {
        Self {
            frequencies,
            ..self
        }
    }

    /// Ways to write. A destination names at least one.
    #[must_use]
    pub fn write_operations(self, operations: WriteOperations) -> Self {
        Self {
            write_operations: operations,
            ..self
        }
    }

    /// Address of a logo, https.
    #[must_use]
    pub fn logo_url(self, url: impl Into<String>) -> Self {
        Self {
            logo_url: Some(url.into()),
            ..self
        }
    }
}

macro_rules! setting_constructors {
    ($($(#[$doc:meta])* $name:ident => $kind:ident,)*) => {
        $($(#[$doc])*
        pub fn $name(key: impl Into<String>, label: impl Into<String>) -> Self {
            Self::new(key, label, SettingKind::$kind)
        })*
    };
}

/// Builders. A setting is optional, belongs to the connection and takes free text unless said otherwise.
impl Setting {
    setting_constructors! {
        /// A text.
        text => Text,
        /// A calendar day.
        date => Date,
        /// A point in time.
        date_time => DateTime,
        /// A 64-bit integer.
        long => Long,
        /// A 32-bit integer.
        integer => Integer,
        /// True or false.
        boolean => Boolean,
        /// An address.
        url => Url,
    }

    /// A setting of any kind. `key` has letters, digits and underscores, `label` is what the user sees.
    pub fn new(key: impl Into<String>, label: impl Into<String>, kind: SettingKind) -> Self {
        let label = label.into();
        Self {
            key: key.into(),
            kind,
            required: false,
            description: label.clone(),
            label,
            scope: Scope::Profile,
            choices: Vec::new(),
        }
    }

    /// It must be given.
    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// Sentence for the user, in place of the label.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            ..self
        }
    }

    /// Where it is asked, in place of with the connection.
    #[must_use]
    pub fn scope(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// Values to choose from.
    #[must_use]
    pub fn choices<V: Into<String>>(self, choices: impl IntoIterator<Item = V>) -> Self {
        Self {
            choices: choices.into_iter().map(Into::into).collect(),
            ..self
        }
    }
}

impl SettingError {
    /// A setting that is wrong, and the text shown next to it.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            message: message.into(),
        }
    }
}

/// Builders. The token request is a form sent by POST with client id and secret in it; the grant follows from the
/// addresses given, see [`OAuth2::auth_url`].
impl OAuth2 {
    /// OAuth 2 by client id and secret alone (client credentials), with the address of the token endpoint.
    pub fn new(token_url: impl Into<String>) -> Self {
        Self {
            scopes: Vec::new(),
            token_urls: vec![token_url.into()],
            auth_urls: Vec::new(),
            grants: OAuth2Grants::CLIENT_CREDENTIALS,
            content: OAuth2Content::UrlEncoded,
            method: OAuth2Method::Post,
            basic_header: false,
            parameters: Vec::new(),
        }
    }

    /// Address where users consent. The grant becomes authorization code; [`OAuth2::grants`] can allow both.
    #[must_use]
    pub fn auth_url(mut self, url: impl Into<String>) -> Self {
        self.auth_urls.push(url.into());
        self.grants = OAuth2Grants::AUTHORIZATION_CODE;
        self
    }

    /// A further token address to choose, such as that of a sandbox.
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_urls.push(url.into());
        self
    }

    /// Scopes to ask for.
    #[must_use]
    pub fn scopes<V: Into<String>>(self, scopes: impl IntoIterator<Item = V>) -> Self {
        Self {
            scopes: scopes.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Grants supported, in place of the one that follows from the addresses. Call it last.
    #[must_use]
    pub fn grants(self, grants: OAuth2Grants) -> Self {
        Self { grants, ..self }
    }

    /// The token request is JSON.
    #[must_use]
    pub fn json(self) -> Self {
        Self {
            content: OAuth2Content::Json,
            ..self
        }
    }

    /// The token request is a GET.
    #[must_use]
    pub fn get(self) -> Self {
        Self {
            method: OAuth2Method::Get,
            ..self
        }
    }

    /// Client id and secret go as a Basic header of the token request.
    #[must_use]
    pub fn basic_header(self) -> Self {
        Self {
            basic_header: true,
            ..self
        }
    }

    /// A further value the user fills in.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter, target: OAuth2Target) -> Self {
        self.parameters.push(OAuth2Parameter { parameter, target });
        self
    }
}

impl From<OAuth2> for Authentication {
    fn from(oauth2: OAuth2) -> Self {
        Self::Oauth2(oauth2)
    }
}

impl CustomScheme {
    /// The connector's own scheme.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            parameters: Vec::new(),
        }
    }

    /// A value the user fills in.
    #[must_use]
    pub fn parameter(mut self, parameter: Parameter) -> Self {
        self.parameters.push(parameter);
        self
    }
}

impl From<CustomScheme> for Authentication {
    fn from(scheme: CustomScheme) -> Self {
        Self::Custom(scheme)
    }
}

/// Builders. A parameter is required and hidden unless said otherwise.
impl Parameter {
    /// A value a user fills in to authenticate.
    pub fn new(key: impl Into<String>, label: impl Into<String>) -> Self {
        let label = label.into();
        Self {
            key: key.into(),
            description: label.clone(),
            label,
            required: true,
            sensitive: true,
            choices: Vec::new(),
        }
    }

    /// Sentence for the user, in place of the label.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        Self {
            description: description.into(),
            ..self
        }
    }

    /// It may be left out.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            required: false,
            ..self
        }
    }

    /// It may be seen.
    #[must_use]
    pub fn visible(self) -> Self {
        Self {
            sensitive: false,
            ..self
        }
    }

    /// Values to choose from.
    #[must_use]
    pub fn choices<V: Into<String>>(self, choices: impl IntoIterator<Item = V>) -> Self {
        Self {
            choices: choices.into_iter().map(Into::into).collect(),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grant_follows_from_the_addresses() {
        let oauth2 = OAuth2::new("https://a/token");
        assert_eq!(oauth2.grants, OAuth2Grants::CLIENT_CREDENTIALS);
        let oauth2 = oauth2.auth_url("https://a/auth");
        assert_eq!(oauth2.grants, OAuth2Grants::AUTHORIZATION_CODE);
        assert_eq!(
            oauth2.grants(OAuth2Grants::all()).grants,
            OAuth2Grants::all()
        );
    }

    #[test]
    fn a_label_does_for_the_description() {
        let setting = Setting::text("region", "Region");
        assert_eq!(setting.description, "Region");
        assert_eq!(setting.description("Where your data is").label, "Region");
        assert!(Parameter::new("k", "Key").sensitive);
    }
}
