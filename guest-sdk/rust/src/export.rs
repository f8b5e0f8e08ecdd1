//! From the generated traits to ours, and the macro that registers a connector.

use crate::bindings::wit_common::{self as common, AuthenticationType};
use crate::bindings::{wit_configuration, wit_destination, wit_metadata, wit_source};
use crate::{Configuration, Context, Destination, Metadata, QueryRequest, Settings, Source};

type Outcome<T> = Result<T, common::Error>;

impl<T: Configuration> wit_configuration::Guest for T {
    fn describe(locale: String) -> Outcome<wit_configuration::Description> {
        begin();
        Ok(<T as Configuration>::describe(&locale)?)
    }

    fn validate_settings(
        scope: wit_configuration::Scope,
        settings: common::Pairs,
        authentication: Option<AuthenticationType>,
    ) -> Outcome<Vec<wit_configuration::SettingError>> {
        begin();
        Ok(<T as Configuration>::validate_settings(
            scope,
            &Settings::from(settings),
            authentication,
        )?)
    }

    fn validate_credentials(settings: common::Pairs) -> Outcome<()> {
        begin();
        Ok(<T as Configuration>::validate_credentials(
            &Settings::from(settings),
        )?)
    }
}

impl<T: Metadata> wit_metadata::Guest for T {
    fn list_entities(
        context: common::Context,
        request: wit_metadata::ListRequest,
    ) -> Outcome<wit_metadata::EntityPage> {
        begin();
        Ok(<T as Metadata>::list_entities(
            &Context::from(context),
            request,
        )?)
    }

    fn describe_entity(
        context: common::Context,
        entity: String,
    ) -> Outcome<wit_metadata::EntityDescription> {
        begin();
        Ok(<T as Metadata>::describe_entity(
            &Context::from(context),
            &entity,
        )?)
    }
}

impl<T: Source> wit_source::Guest for T {
    fn query(
        context: common::Context,
        request: wit_source::QueryRequest,
    ) -> Outcome<Option<String>> {
        begin();
        let request = QueryRequest::try_from(request)?;
        Ok(<T as Source>::query(&Context::from(context), request)?)
    }

    fn retrieve(context: common::Context, request: wit_source::RetrieveRequest) -> Outcome<()> {
        begin();
        Ok(<T as Source>::retrieve(&Context::from(context), request)?)
    }
}

impl<T: Destination> wit_destination::Guest for T {
    fn write(
        context: common::Context,
        request: wit_destination::WriteRequest,
    ) -> Outcome<Vec<wit_destination::WriteResult>> {
        begin();
        Ok(<T as Destination>::write(&Context::from(context), request)?.into_results())
    }
}

/// Says on stderr where a panic was, before it ends the instance, so that the host can tell it from other traps.
///
/// The message stays out in release builds: those of the standard library quote texts they could not slice, which
/// would put records into logs. The place is enough to find the fault.
fn begin() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    if cfg!(not(target_arch = "wasm32")) {
        return;
    }
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic
                .location()
                .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            if cfg!(debug_assertions) {
                let message = panic.payload_as_str().unwrap_or("no message");
                eprintln!("connector panicked at {place}: {message}");
            } else {
                eprintln!("connector panicked at {place}");
            }
        }));
    });
}

/// Makes a type the connector of this component.
///
/// Names the type, which implements [`Configuration`], [`Metadata`] and what follows the colon: `source` for
/// [`Source`], `destination` for [`Destination`], or `source + destination` for both. What is not named is not
/// exported, and the host answers "not supported" on the connector's behalf. Use it once, in the library's root.
///
/// Natively it only checks that the traits are there, so that the same library runs under `cargo test`.
///
/// ```compile_fail
/// struct Nothing;
/// appflow_connector::export!(Nothing: source); // `Nothing` does not implement `Configuration`
/// ```
///
/// ```compile_fail
/// struct Nothing;
/// appflow_connector::export!(Nothing: sauce); // expected `source`, `destination` or `source + destination`
/// ```
#[macro_export]
macro_rules! export {
    ($connector:ident : source $(,)?) => {
        $crate::__export!($connector: configuration Configuration, metadata Metadata, source Source);
    };
    ($connector:ident : destination $(,)?) => {
        $crate::__export!($connector: configuration Configuration, metadata Metadata, destination Destination);
    };
    ($connector:ident : source + destination $(,)?) => {
        $crate::__export!(
            $connector: configuration Configuration, metadata Metadata, source Source, destination Destination
        );
    };
    ($($other:tt)*) => {
        ::core::compile_error!(
            "expected the connector's type and what it does: `export!(MyConnector: source)`, \
             `export!(MyConnector: destination)` or `export!(MyConnector: source + destination)`"
        );
    };
}

/// The part of [`export!`] that is the same for all interfaces.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($connector:ident: $($interface:ident $trait:ident),*) => {
        const _: () = {
            $(const _: fn() = || {
                fn implements<T: $crate::$trait>() {}
                implements::<$connector>();
            };)*
        };
        $(
            #[cfg(target_arch = "wasm32")]
            $crate::__bindings::$interface::export!($connector with_types_in $crate::__bindings::$interface);
        )*
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;
    use crate::prelude::*;

    /// Its results say what it was given.
    struct Echo;
    crate::export!(Echo: source + destination);

    impl Configuration for Echo {
        fn describe(locale: &str) -> crate::Result<Description> {
            Ok(Description::new("Tests", locale, "1"))
        }
        fn validate_credentials(settings: &Settings) -> crate::Result<()> {
            settings.require("a").map(drop)
        }
    }

    impl Metadata for Echo {
        fn list_entities(context: &Context, request: ListRequest) -> crate::Result<EntityPage> {
            Ok(
                [
                    Entity::new(context.api_version.as_str())
                        .label(request.path.unwrap_or_default()),
                ]
                .into(),
            )
        }
        fn describe_entity(_: &Context, entity: &str) -> crate::Result<EntityDescription> {
            Err(Error::http(404, entity))
        }
    }

    impl Source for Echo {
        fn query(_: &Context, request: QueryRequest) -> crate::Result<Option<String>> {
            Ok(Some(format!(
                "{:?} {:?}",
                request.token,
                request.condition().map(Condition::fields)
            )))
        }
    }

    impl Destination for Echo {
        fn write(_: &Context, request: WriteRequest) -> crate::Result<WriteResults> {
            let mut results = request.results();
            results.written(1, "second");
            results.written(7, "nobody");
            Ok(results)
        }
    }

    fn context() -> common::Context {
        common::Context {
            api_version: "v1".to_owned(),
            settings: vec![("a".to_owned(), "1".to_owned())],
        }
    }

    fn query(token: &str, nodes: Vec<wit_source::FilterNode>) -> Outcome<Option<String>> {
        let request = wit_source::QueryRequest {
            entity: "e".to_owned(),
            fields: Vec::new(),
            filter: Some(wit_source::Filter {
                text: String::new(),
                nodes,
                limit: None,
            }),
            limit: 1,
            token: Some(token.to_owned()),
        };
        <Echo as wit_source::Guest>::query(context(), request)
    }

    #[test]
    fn requests_arrive_and_errors_leave() {
        assert_eq!(
            query("t", Vec::new()).unwrap().unwrap(),
            r#"Some("t") None"#
        );
        assert_eq!(
            query("", Vec::new()).unwrap().unwrap(),
            "None None",
            "an empty token counts as none"
        );
        let leaf = wit_source::FilterNode::OneOf(wit_source::Membership {
            field: "f".to_owned(),
            values: vec![wit_source::Literal::Null],
        });
        assert_eq!(
            query("", vec![leaf]).unwrap().unwrap(),
            r#"None Some(["f"])"#
        );
        let rubbish = Error::from(query("", vec![wit_source::FilterNode::Negate(0)]).unwrap_err());
        assert_eq!(rubbish.code(), ErrorCode::InvalidArgument);

        let description = <Echo as wit_configuration::Guest>::describe("en-US".to_owned()).unwrap();
        assert_eq!(description.name, "en-US");
        assert!(<Echo as wit_configuration::Guest>::validate_credentials(Vec::new()).is_err());
        let settings =
            <Echo as wit_configuration::Guest>::validate_settings(Scope::Profile, Vec::new(), None);
        assert_eq!(settings.unwrap(), [], "good unless overridden");
        let request = ListRequest {
            path: Some("p".to_owned()),
            limit: 1,
            token: None,
        };
        let page = <Echo as wit_metadata::Guest>::list_entities(context(), request).unwrap();
        assert_eq!(
            (
                page.entities[0].id.as_str(),
                page.entities[0].label.as_deref()
            ),
            ("v1", Some("p"))
        );
        let missing =
            <Echo as wit_metadata::Guest>::describe_entity(context(), "x".to_owned()).unwrap_err();
        assert_eq!(Error::from(missing), Error::http(404, "x"));
        let ids = RetrieveRequest::new("e", ["1"]);
        let refused =
            Error::from(<Echo as wit_source::Guest>::retrieve(context(), ids).unwrap_err());
        assert!(matches!(refused, Error::Unsupported(_)), "{refused}");
    }

    #[test]
    fn each_record_has_one_result() {
        let request = WriteRequest::new("e", Operation::Insert, ["{}", "{}", "{}"]);
        let results = <Echo as wit_destination::Guest>::write(context(), request).unwrap();
        let written: Vec<bool> = results
            .iter()
            .map(|result| result.error.is_none())
            .collect();
        assert_eq!(written, [false, true, false]);
        assert_eq!(results[1].record_id, "second");
    }
}
