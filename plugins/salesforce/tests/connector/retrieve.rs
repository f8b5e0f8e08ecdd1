use appflow_connector::{RetrieveRequest, Source as _};
use appflow_testkit::salesforce::Config;
use salesforce::Salesforce;

use crate::read::small_pages;
use crate::support::{World, column, context};

#[test]
fn records_are_retrieved_by_any_field() {
    let world = World::new(Config {
        records_per_object: 300,
        ..Config::default()
    });
    let all = world.salesforce.records("Contact");
    let ids: Vec<String> = all
        .iter()
        .map(|record| record["Id"].as_str().unwrap().to_owned())
        .collect();
    let fetch = |request: RetrieveRequest| {
        world
            .host_with("Contact")
            .limit(10_000)
            .run(|| Salesforce::retrieve(&context(), request))
    };
    let by_id = |ids: &[String]| RetrieveRequest {
        fields: vec!["Id".into()],
        ..RetrieveRequest::new("Contact", ids.to_vec())
    };

    let run = fetch(by_id(&ids));
    assert_eq!(run.result, Ok(()));
    let mut found = column(&run.records, "Id");
    found.sort();
    let mut wanted = ids.clone();
    wanted.sort();
    assert_eq!(found, wanted, "more than 200 in one call");
    assert!(run.requests.len() < 6 && run.requests.iter().all(|sent| sent.url.len() < 12_000));

    let odd = [
        ids[3].clone(),
        ids[3].clone(),
        ids[4][..15].to_owned(),
        "003000000zzzzzz".to_owned(),
        "nonsense".to_owned(),
        String::new(),
        "' OR Id != '".to_owned(),
    ];
    let run = fetch(by_id(&odd));
    assert_eq!(run.result, Ok(()));
    assert_eq!(column(&run.records, "Id"), [ids[3].clone(), ids[4].clone()]);

    assert!(fetch(by_id(&[])).requests.is_empty());
    let run = fetch(by_id(&["nonsense".to_owned()]));
    assert!(run.result.is_ok() && run.requests.is_empty());

    for (field, value) in [
        ("ExternalKey__c", "key-7".to_owned()),
        ("LastName", all[7]["LastName"].as_str().unwrap().to_owned()),
    ] {
        let run = fetch(RetrieveRequest {
            id_field: Some(field.into()),
            fields: vec!["Id".into()],
            ..RetrieveRequest::new("Contact", [value])
        });
        assert!(
            column(&run.records, "Id").contains(&ids[7]),
            "{field}: {:?}",
            run.result
        );
    }
    let run = fetch(RetrieveRequest {
        id_field: Some("DoNotCall".into()),
        ..RetrieveRequest::new("Contact", ["true", "maybe"])
    });
    let expected = all
        .iter()
        .filter(|record| record["DoNotCall"] == true)
        .count();
    assert_eq!(
        (run.result, run.records.len()),
        (Ok(()), expected),
        "a field that is no key, with all fields"
    );
    let run = fetch(RetrieveRequest {
        id_field: Some("Nope".into()),
        ..RetrieveRequest::new("Contact", ["x"])
    });
    assert!(run.result.is_err() && run.requests.is_empty());
}

#[test]
fn retrieving_without_a_definition_asks_for_it_only_when_needed() {
    let world = small_pages(10);
    let id = world.salesforce.records("Contact")[0]["Id"]
        .as_str()
        .unwrap()
        .to_owned();
    let run = world.host.run(|| {
        Salesforce::retrieve(
            &context(),
            RetrieveRequest {
                fields: vec!["Id".into()],
                ..RetrieveRequest::new("Contact", [id.as_str(), "bad"])
            },
        )
    });
    assert_eq!(
        (run.result, run.requests.len(), run.records.len()),
        (Ok(()), 1, 1)
    );
    let run = world
        .host
        .run(|| Salesforce::retrieve(&context(), RetrieveRequest::new("Contact", [id])));
    assert_eq!(
        (run.result, run.requests.len(), run.records.len()),
        (Ok(()), 2, 1)
    );
}

#[test]
fn retrieving_too_much_is_an_error_and_not_a_part() {
    let world = small_pages(300);
    let request = RetrieveRequest {
        id_field: Some("DoNotCall".into()),
        ..RetrieveRequest::new("Contact", ["true", "false"])
    };
    let run = world
        .host_with("Contact")
        .bytes(5_000)
        .run(|| Salesforce::retrieve(&context(), request));
    assert!(run.result.is_err());
}
