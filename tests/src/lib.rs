//! What it takes to test an AppFlow connector the way AppFlow and Lambda use it, without either of them.
//!
//! The kit drives the `bootstrap` that ships, as a child process, and speaks nothing but the Lambda Runtime API and
//! AppFlow's JSON with it. It deliberately shares no type with the host: a mistake in the host's idea of the protocol
//! must not be repeated by the tests.
//!
//! * [`runtime_api`]: the Runtime API with Lambda's limits: 6 MB, deadline, restart of a process that ended.
//! * [`c_bindings`]: the generated headers of the SDK for C.
//! * [`canary`]: values planted where they must not get out of, and how they are found again.
//! * [`checker`]: whether an answer can be decoded by AppFlow, property by property.
//! * [`emf`]: whether CloudWatch would take a line as metrics.
//! * [`cases`]: contract cases as folders: request in, what the application does, answer out.
//! * [`upstream`]: an application whose answers and faults are written in a file.
//! * [`salesforce`]: a stand-in for Salesforce's REST API, with scripted faults.
//! * [`fakes`]: services of AWS, by moto and by servers that speak their wire formats.
//! * [`foreign`]: servers that others have written, each in a process of its own.
//! * [`addresses`]: addresses that no connector may reach, in every spelling.
//! * [`github`]: a server that answers by GitHub's description of its API.
//! * [`kinto`]: a real Kinto server.
//! * [`measure`]: a process with clocks and counters beside it, for the benchmark and the gates.
//! * [`json_schema`]: whether a value fits a schema.
//! * [`setup`]: where the things under test are.
//! * [`stripe`]: stand-ins for Stripe, from PyPI and npm.
//! * [`server`]: the small HTTP server under all stand-ins.

pub mod addresses;
pub mod c_bindings;
pub mod canary;
pub mod cases;
pub mod checker;
pub mod emf;
pub mod fakes;
pub mod foreign;
pub mod github;
pub mod json_schema;
pub mod kinto;
pub mod measure;
pub mod runtime_api;
pub mod salesforce;
pub mod server;
pub mod setup;
pub mod stripe;
pub mod upstream;
