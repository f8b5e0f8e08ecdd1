//! Filter expressions: any text is parsed or refused in words, and what was parsed prints as a text of the same meaning.

use appflow_host::filter::parse;

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match parse(text) {
        Ok(filter) => {
            // The printer itself refuses what it cannot read back; what was written once can be written again.
            let printed = filter.to_text();
            assert!(
                printed.is_ok() || filter.limit == Some(0),
                "cannot be printed: {text:?}"
            );
            if let Ok(printed) = printed {
                assert_eq!(parse(&printed).as_ref(), Ok(&filter), "{printed:?}");
            }
        }
        Err(error) => {
            crate::assert_one_line("refusal", &error.to_string());
            let last = text.chars().count() + 1;
            assert!(
                (1..=last).contains(&error.position),
                "position {} in {last} characters",
                error.position
            );
        }
    }
}
