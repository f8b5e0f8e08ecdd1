//! Code generated from the WIT contract. Nothing outside this crate names these modules.
//!
//! Each exported interface has a world, and so an export macro, of its own. The macro of a world is what makes a
//! component export its interface: [`export!`](crate::export) calls just the ones a connector asked for, and the
//! linker merges the worlds into one component. Types shared by the interfaces are generated once, in `types`.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated; the canonical ABI needs unsafe"
)]

pub mod types {
    wit_bindgen::generate!({
        inline: "package appflow:sdk-types; world types { import appflow:connector/common@0.1.0; }",
        path: "../../wit",
        world: "appflow:sdk-types/types",
        generate_all,
        generate_unused_types: true,
        pub_export_macro: true,
        additional_derives: [PartialEq],
    });
}

pub mod host {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "appflow:connector/host",
        generate_all,
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: { "appflow:connector/common@0.1.0": crate::bindings::types::appflow::connector::common },
    });
}

pub mod configuration {
    wit_bindgen::generate!({
        inline: "package appflow:sdk-configuration; \
                 world configuration { export appflow:connector/configuration@0.1.0; }",
        path: "../../wit",
        world: "appflow:sdk-configuration/configuration",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: { "appflow:connector/common@0.1.0": crate::bindings::types::appflow::connector::common },
    });
}

pub mod metadata {
    wit_bindgen::generate!({
        inline: "package appflow:sdk-metadata; world metadata { export appflow:connector/metadata@0.1.0; }",
        path: "../../wit",
        world: "appflow:sdk-metadata/metadata",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: { "appflow:connector/common@0.1.0": crate::bindings::types::appflow::connector::common },
    });
}

pub mod source {
    wit_bindgen::generate!({
        inline: "package appflow:sdk-source; world source { export appflow:connector/source@0.1.0; }",
        path: "../../wit",
        world: "appflow:sdk-source/source",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: { "appflow:connector/common@0.1.0": crate::bindings::types::appflow::connector::common },
    });
}

pub mod destination {
    wit_bindgen::generate!({
        inline: "package appflow:sdk-destination; world destination { export appflow:connector/destination@0.1.0; }",
        path: "../../wit",
        world: "appflow:sdk-destination/destination",
        pub_export_macro: true,
        additional_derives: [PartialEq],
        with: { "appflow:connector/common@0.1.0": crate::bindings::types::appflow::connector::common },
    });
}

pub(crate) use configuration::exports::appflow::connector::configuration as wit_configuration;
pub(crate) use destination::exports::appflow::connector::destination as wit_destination;
pub(crate) use host::appflow::connector as wit_host;
pub(crate) use metadata::exports::appflow::connector::metadata as wit_metadata;
pub(crate) use source::exports::appflow::connector::source as wit_source;
pub(crate) use types::appflow::connector::common as wit_common;
