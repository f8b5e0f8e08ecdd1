//! Records that pass through a function.

use super::*;

/// Keeps the records whose number divides by a number, in another form.
fn keep(request: &QueryRequest, divisor: u64) -> Result<Option<String>> {
    let paging = Paging::new(request)
        .page_size(40)
        .filter_map(move |record| {
            let id: u64 = record.trim_matches(|c: char| !c.is_ascii_digit()).parse()?;
            Ok(id
                .is_multiple_of(divisor)
                .then(|| Record::new().integer("kept", id).into()))
        });
    paging.filtered().follow(Next::offset(), |at| {
        let end = 300.min(at.number() + u64::from(at.size()));
        let records: Vec<String> = (at.number()..end)
            .map(|id| format!(r#"{{"id":{id}}}"#))
            .collect();
        http::get(URL)
            .query("body", format!("[{}]", records.join(",")))
            .send()
    })
}

fn all(host: &FakeHost, request: &QueryRequest, divisor: u64) -> Vec<String> {
    let pages = host
        .pages(|token| keep(&request.clone().token(token), divisor))
        .unwrap();
    pages.into_iter().flat_map(|page| page.records).collect()
}

fn host() -> FakeHost {
    FakeHost::new(|sent| Answer::json(sent.query("body").unwrap()))
}

proptest! {
    #[test]
    fn what_is_kept_comes_once(divisor in 1_u64..120, limit in 1_u32..60, bytes in 40_u32..4000) {
        let request = QueryRequest::new("item").limit(limit);
        let records = all(&host().limit(limit).bytes(bytes), &request, divisor);
        let expected: Vec<String> = (0..300).filter(|id: &u64| id.is_multiple_of(divisor)).map(|id| format!(r#"{{"kept":{id}}}"#)).collect();
        prop_assert_eq!(records, expected);
    }

    #[test]
    fn a_limit_counts_what_is_kept(divisor in 1_u64..60, limit in 1_u32..60, total in 1_u32..40) {
        let filter = Filter { limit: Some(total), ..Filter::default() };
        let request = QueryRequest { filter: Some(filter), ..QueryRequest::new("item").limit(limit) };
        let records = all(&host().limit(limit), &request, divisor);
        let there = (0..300).filter(|id: &u64| id.is_multiple_of(divisor)).count();
        prop_assert_eq!(records.len(), there.min(total as usize));
    }
}

#[test]
fn an_answer_without_an_array_and_an_error_of_the_function_end_the_page() {
    let request = QueryRequest::new("item");
    let run = |body: &'static str, pointer: &str| {
        let paging = Paging::new(&request)
            .records(pointer)
            .filter_map(|_| Err(Error::client_error("mine")));
        FakeHost::new(move |_| Answer::json(body))
            .run(|| paging.follow(Next::offset(), |_| http::get(URL).send()))
            .result
            .unwrap_err()
            .code()
    };
    assert_eq!(run("{}", "/data"), ErrorCode::ServerError);
    assert_eq!(run(r#"{"data":7}"#, "/data"), ErrorCode::ServerError);
    assert_eq!(run("[{}]", ""), ErrorCode::ClientError);
}
