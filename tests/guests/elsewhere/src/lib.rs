//! A connector of another contract: version 0.9.0 of an interface of which the host knows 0.1.x.
//!
//! Contained means: it is not compiled, with a message that names both versions. It has no manifest, so that it is not
//! compiled with the other guests.

mod bindings {
    wit_bindgen::generate!({
        inline: "package appflow:connector@0.9.0; \
                 interface configuration { describe: func(locale: string) -> string; } \
                 world connector { export configuration; }",
        world: "connector",
    });
}

use bindings::exports::appflow::connector::configuration::Guest;

struct Elsewhere;

bindings::export!(Elsewhere with_types_in bindings);

impl Guest for Elsewhere {
    fn describe(locale: String) -> String {
        locale
    }
}
