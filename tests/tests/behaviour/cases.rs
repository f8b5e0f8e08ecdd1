//! The contract cases.

use std::path::Path;

use appflow_testkit::cases::run_all;
use appflow_testkit::setup::Setup;

#[test]
fn every_case_folder_gets_its_answer() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    match Setup::from_env().and_then(|setup| run_all(&setup, &root, |_| true)) {
        Ok(runs) => println!("{runs} runs of cases"),
        Err(error) => panic!("{error:#}"),
    }
}
