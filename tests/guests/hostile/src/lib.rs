//! A connector that does whatever a connector should not, chosen by the name of the entity.
//!
//! Each name has one test case or more under `tests/cases/hostile/`. Whatever the guest does, the host must answer in time
//! with something AppFlow can decode, and the next invocation, of the entity `good`, must be right.
//!
//! | module | what | contained means |
//! | --- | --- | --- |
//! | [`endings`] | never answers, or ends in another way than by an answer | an error of AppFlow's, never a function error |
//! | [`pages`] | records and tokens that are none | refused at the call, or the answer is replaced by an error |
//! | [`circles`] | runs that never end, failures nobody looks at | stopped with a named error |
//! | [`sealed`] | placeholders of credentials carried everywhere | values arrive at granted hosts only; nobody else sees one |
//! | [`credentials`] | requests with each kind of credential | they arrive, and the guest sees none of them |
//! | [`network`] | requests that were not granted | refused before anything is sent |
//! | [`errors`] | every error code, and messages that must not be passed on | one line, bounded, without secrets |
//! | [`surroundings`] | looks around in its sandbox | nothing to be seen |
//! | [`hoards`] | takes what the host has, piece by piece | a limit ends it, and the process stays small |
//! | [`floods`] | more records, lines, headers, requests than anybody needs | cut, refused, or a few at a time |
//! | [`handles`] | handles, pointers and texts that are none | the guest is ended where it breaks the rule |
//! | [`dialing`] | every forbidden address in every spelling | refused over both ways out |
//! | [`texts`] | records and values as the test has them | passed on unchanged, or a clear error |
//! | [`writing`] | results that do not belong to the records | replaced by an error |
//! | [`listing`] | lists and definitions that break AppFlow's rules | replaced by an error |

mod circles;
mod credentials;
mod dialing;
mod endings;
mod errors;
mod floods;
mod handles;
mod hoards;
mod listing;
mod network;
mod pages;
mod sealed;
mod surroundings;
mod texts;
mod writing;

/// Code generated from the contract, from what of WASI goes round our own interfaces, and for a resource of the guest's own,
/// whose destructor is the guest's to misuse.
mod bindings {
    wit_bindgen::generate!({
        inline: "package appflow:hostile; \
                 interface sins { resource thing { constructor(); } } \
                 world hostile { \
                     include appflow:connector/connector@0.1.0; \
                     import wasi:clocks/monotonic-clock@0.2.12; \
                     import wasi:http/outgoing-handler@0.2.12; \
                     import wasi:random/random@0.2.12; \
                     export sins; \
                 }",
        path: "../../../wit",
        world: "appflow:hostile/hostile",
        generate_all,
    });
}

use bindings::appflow::connector::common::{Context, Error, ErrorCode, Failure, Pairs};
use bindings::appflow::connector::page;
use bindings::exports::appflow::connector::configuration::{
    AuthenticationType, Description, Frequencies, Guest as Configuration, Scope, SettingError,
    Triggers,
};
use bindings::exports::appflow::connector::destination::{
    Guest as Destination, WriteRequest, WriteResult,
};
use bindings::exports::appflow::connector::metadata::{
    EntityDescription, EntityPage, Guest as Metadata, ListRequest,
};
use bindings::exports::appflow::connector::source::{
    Guest as Source, QueryRequest, RetrieveRequest,
};

use bindings::appflow::connector::common::WriteOperations;

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

impl Configuration for Hostile {
    /// The locale carries the behaviour here: there is nothing else.
    fn describe(locale: String) -> Result<Description, Error> {
        if let Some(behaviour) = locale.strip_prefix("x-") {
            perform(behaviour, &Vec::new(), None)?;
        }
        Ok(Description {
            owner: "Tests".to_owned(),
            name: "Hostile".to_owned(),
            version: "0.1.0".to_owned(),
            api_versions: vec!["v1".to_owned()],
            settings: Vec::new(),
            authentication: Vec::new(),
            operators: None,
            triggers: Triggers::empty(),
            frequencies: Frequencies::empty(),
            write_operations: WriteOperations::all(),
            logo_url: None,
        })
    }

    /// Settings carry the behaviour here, under `behaviour`: there is no entity.
    fn validate_settings(
        _scope: Scope,
        settings: Pairs,
        _authentication: Option<AuthenticationType>,
    ) -> Result<Vec<SettingError>, Error> {
        let behaviour = setting(&settings, "behaviour").unwrap_or("good").to_owned();
        match behaviour.as_str() {
            "errors" => Ok(vec![SettingError {
                key: "behaviour".to_owned(),
                message: "first line\nsecond line".to_owned(),
            }]),
            "good" => Ok(Vec::new()),
            other => perform(other, &settings, None).map(|_| Vec::new()),
        }
    }

    fn validate_credentials(settings: Pairs) -> Result<(), Error> {
        let behaviour = setting(&settings, "behaviour").unwrap_or("good").to_owned();
        match behaviour.as_str() {
            "good" => Ok(()),
            other => perform(other, &settings, None).map(|_| ()),
        }
    }
}

impl Metadata for Hostile {
    fn list_entities(context: Context, request: ListRequest) -> Result<EntityPage, Error> {
        listing::list(
            request.path.as_deref().unwrap_or("good"),
            &context,
            &request,
        )
    }

    fn describe_entity(context: Context, entity: String) -> Result<EntityDescription, Error> {
        listing::describe(&entity, &context)
    }
}

impl Source for Hostile {
    fn query(context: Context, request: QueryRequest) -> Result<Option<String>, Error> {
        perform(&request.entity, &context.settings, request.token.as_deref())
    }

    fn retrieve(context: Context, request: RetrieveRequest) -> Result<(), Error> {
        perform(&request.entity, &context.settings, None).map(|_| ())
    }
}

impl Destination for Hostile {
    fn write(context: Context, request: WriteRequest) -> Result<Vec<WriteResult>, Error> {
        writing::write(&context, &request)
    }
}

/// What most operations do: one of the behaviours. Gives a page token.
fn perform(
    behaviour: &str,
    settings: &Pairs,
    token: Option<&str>,
) -> Result<Option<String>, Error> {
    if behaviour == "good" {
        for id in 1..=3 {
            page::emit(&format!("{{\"id\":{id}}}"))?;
        }
        return Ok(None);
    }
    let upstream = setting(settings, "upstream").unwrap_or_default();
    None.or_else(|| endings::perform(behaviour))
        .or_else(|| hoards::perform(behaviour, upstream))
        .or_else(|| floods::perform(behaviour, upstream))
        .or_else(|| handles::perform(behaviour, upstream))
        .or_else(|| dialing::perform(behaviour, settings))
        .or_else(|| texts::perform(behaviour, settings, upstream))
        .or_else(|| pages::perform(behaviour, token))
        .or_else(|| circles::perform(behaviour, upstream, token))
        .or_else(|| network::perform(behaviour, upstream))
        .or_else(|| credentials::perform(behaviour, upstream))
        .or_else(|| sealed::perform(behaviour, upstream))
        .or_else(|| errors::perform(behaviour, upstream))
        .or_else(|| surroundings::perform(behaviour))
        .unwrap_or_else(|| Err(Error::Unsupported(format!("the behaviour {behaviour:?}"))))
}

/// A value of the settings.
fn setting<'a>(settings: &'a Pairs, key: &str) -> Option<&'a str> {
    settings
        .iter()
        .find(|(name, _)| name == key)
        .map(|(_, value)| value.as_str())
}

/// An error of the guest's own.
fn failed(code: ErrorCode, message: impl Into<String>) -> Error {
    Error::Failed(Failure {
        code,
        message: message.into(),
        retry_after_seconds: None,
    })
}
