//! A request's bytes to types: every body gets a request or an error that AppFlow can be told, and the operation is known
//! wherever a plain JSON parser knows it.

use appflow_host::appflow::{Operation, Request, decode, encode_failure};
use appflow_testkit::checker;
use serde_json::Value;

pub(crate) fn run(data: &[u8]) {
    let decoded = decode(data);
    // A parser of trees refuses deep nesting that the host skips; nothing can be compared then.
    let tree: Value = serde_json::from_slice(data).unwrap_or_default();
    let known = tree["type"].as_str().and_then(Operation::from_request_type);
    match &decoded {
        Ok(request) => {
            if !tree.is_null() {
                assert_eq!(Some(request.operation()), known, "of another operation");
                agree(request, &tree);
            }
        }
        Err(error) => {
            assert_eq!(
                error.operation.or(known),
                error.operation,
                "an operation was lost"
            );
            crate::assert_one_line("refusal", &error.message);
            let answer = encode_failure(error.operation, &error.into(), None);
            let name = known
                .and_then(|_| checker::operation_of(&tree))
                .or(error.operation.map(Operation::name))
                .unwrap_or_default();
            let problems = checker::check(name, &tree, &answer);
            assert!(problems.is_empty(), "{problems:?}");
        }
    }
    if let Ok(request) = &decoded
        && let Some(definition) = request
            .context()
            .and_then(|context| context.entity_definition.as_ref())
        && let Err(error) = definition.decode()
    {
        crate::assert_one_line("definition", &error.message);
    }
}

/// Texts that came as texts arrive as they were.
fn agree(request: &Request, tree: &Value) {
    let same = |name: &str, taken: Option<&str>| {
        // A blank text is none.
        if let Some(text) = tree[name].as_str().filter(|text| !text.trim().is_empty()) {
            assert_eq!(taken.unwrap_or_default(), text, "{name}");
        }
    };
    // Other operations are about no entity, whatever their requests say besides.
    if request.entity_identifier().is_some() {
        same("entityIdentifier", request.entity_identifier());
    }
    match request {
        Request::QueryData(query) => {
            same("filterExpression", query.filter_expression.as_deref());
            same("nextToken", query.next_token.as_deref());
        }
        Request::WriteData(write) => {
            if let Some(records) = tree["records"].as_array() {
                assert_eq!(write.records.len(), records.len(), "records were lost");
            }
        }
        _ => {}
    }
}
