//! Why a value could not be put into a request.

/// Why a request could not get the credentials it asked for. No message holds a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The secret has no such value: the connection was made for another kind of authentication.
    #[error("the connection's credentials have no \"{0}\"")]
    NoValue(String),
    /// The value is not what the scheme takes, such as a private key.
    #[error("the value \"{key}\" of the connection's credentials {problem}")]
    Unusable {
        /// Key of the value.
        key: String,
        /// End of the sentence.
        problem: &'static str,
    },
    /// The value has line breaks or other characters that no header can have.
    #[error("the connection's credentials hold characters that a header cannot")]
    NotInHeader,
    /// A placeholder where no value is ever put in.
    #[error(
        "the connector wrote a placeholder of a credential into {0}; the host puts credentials into values of headers, into the query and, where the manifest says so, into bodies"
    )]
    Misplaced(&'static str),
    /// With the value the address or the headers become too long.
    #[error("the request becomes too large with its credentials")]
    TooLarge,
    /// The scheme is known, what it was told is wrong.
    #[error("the connector asked for a signature \"{scheme}\" with {problem}")]
    Parameter {
        /// Name of the scheme.
        scheme: &'static str,
        /// What is wrong, and what is accepted.
        problem: String,
    },
    /// The scheme is not known.
    #[error("this host does not know the signature scheme \"{name}\"; it knows {known}")]
    UnknownScheme {
        /// Name that was asked for.
        name: String,
        /// Names of those there are.
        known: String,
    },
    /// A part of an answer was to be sealed and could not be.
    #[error("the application's answer to a request for a token {0}, so it is withheld")]
    Capture(&'static str),
    /// The library that signs failed.
    #[error("the signature could not be made")]
    Failed,
}
