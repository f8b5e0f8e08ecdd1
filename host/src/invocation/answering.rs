//! From a request to the guest's answer, and from that to AppFlow's: token, page, and the checks of both.

use std::sync::atomic::Ordering;

use super::Host;
use super::paging::Paging;
use super::report::Report;
use super::rules::{check_records, check_rules, compare_names};
use crate::Error;
use crate::appflow::{
    Answer, QueryDataAnswer, Request, RetrieveDataAnswer, ValidateSettingsAnswer, WriteDataAnswer,
};
use crate::bindings::{Guest, Usage};
use crate::credentials::Vault;
use crate::filter::Filter;
use crate::mechanism;
use crate::page::Page;

/// What a guest answered, before its page is known.
pub(super) enum Asked {
    Answer(Answer),
    Query { next: Option<String> },
    Retrieve,
}

/// Whether an answer says that everything went well. One that tells of failures was made by a connector that saw them.
fn is_success(asked: &Asked) -> bool {
    match asked {
        Asked::Answer(Answer::WriteData(write)) => write
            .write_record_results
            .iter()
            .all(|result| result.is_success),
        Asked::Answer(Answer::ValidateConnectorRuntimeSettings(settings)) => {
            settings.errors_by_input_field.is_empty()
        }
        Asked::Answer(_) | Asked::Query { .. } | Asked::Retrieve => true,
    }
}

pub(super) async fn ask(
    guest: &mut Guest<'_>,
    request: Request,
    filter: Option<&Filter>,
) -> Result<Asked, Error> {
    Ok(Asked::Answer(match request {
        Request::DescribeConnectorConfiguration(request) => {
            Answer::DescribeConnectorConfiguration(Box::new(guest.describe(&request.locale).await?))
        }
        Request::ValidateConnectorRuntimeSettings(request) => {
            let errors_by_input_field = guest.validate_settings(&request).await?;
            Answer::ValidateConnectorRuntimeSettings(ValidateSettingsAnswer {
                errors_by_input_field,
                error: None,
            })
        }
        Request::ValidateCredentials(request) => {
            guest
                .validate_credentials(&request.connector_runtime_settings)
                .await?;
            Answer::ValidateCredentials
        }
        Request::ListEntities(request) => {
            let answer = guest.list_entities(&request).await?;
            if usize::try_from(request.max_result).is_ok_and(|limit| answer.entities.len() > limit)
            {
                return Err(Error::Output(format!(
                    "it holds {} entities, more than the {} asked for",
                    answer.entities.len(),
                    request.max_result
                )));
            }
            Answer::ListEntities(answer)
        }
        Request::DescribeEntity(request) => Answer::DescribeEntity(Box::new(
            guest
                .describe_entity(&request.connector_context, &request.entity_identifier)
                .await?,
        )),
        Request::QueryData(request) => {
            let next = guest.query(&request, filter).await?;
            return Ok(Asked::Query { next });
        }
        Request::RetrieveData(request) => {
            guest.retrieve(&request).await?;
            return Ok(Asked::Retrieve);
        }
        Request::WriteData(request) => {
            let expected = request.records.len();
            let write_record_results = guest.write(request).await?;
            if write_record_results.len() != expected && !mechanism::off("answers.write-count") {
                return Err(Error::Output(format!(
                    "it holds {} results for {expected} records; what was written is not known",
                    write_record_results.len()
                )));
            }
            Answer::WriteData(WriteDataAnswer {
                write_record_results,
                error: None,
            })
        }
    }))
}

impl Host {
    /// Holds an answer against AppFlow's rules, and the first description of the process against its manifest too.
    pub(super) fn check(&self, answer: &Answer) -> Result<(), Error> {
        let Answer::DescribeConnectorConfiguration(described) = answer else {
            return check_rules(answer, true);
        };
        let first = !self.warned.swap(true, Ordering::Relaxed);
        if first {
            compare_names(described, self.connector.manifest());
        }
        check_rules(answer, first)
    }

    /// Puts page and token into the answer and holds the answer against the rules.
    pub(super) fn complete(
        &self,
        asked: Asked,
        page: Page,
        usage: Usage,
        paging: Option<&Paging>,
        secrets: &Vault,
        report: &mut Report,
    ) -> Result<Answer, Error> {
        if let Some(failure) = usage.unexamined.filter(|_| is_success(&asked)) {
            return Err(failure.into());
        }
        report.deviations = check_records(&page, self.strict)?;
        let answer = match asked {
            Asked::Answer(Answer::ListEntities(mut answer)) => {
                answer.next_token = match paging {
                    Some(paging) => paging.after_entities(&answer, secrets)?,
                    None => None,
                };
                Answer::ListEntities(answer)
            }
            Asked::Answer(answer) => answer,
            Asked::Query { next } => {
                let next_token = match paging {
                    Some(paging) => {
                        paging.after_records(next, &page, usage.requests.as_ref(), secrets)?
                    }
                    None => None,
                };
                if page.turned_away()
                    && next_token.is_none()
                    && !mechanism::off("answers.full-page")
                {
                    return Err(Error::Output(
                        "the page was full but the connector returned no next token, so records would be lost".to_owned(),
                    ));
                }
                Answer::QueryData(QueryDataAnswer {
                    records: page.into_records(),
                    next_token,
                })
            }
            Asked::Retrieve => {
                if page.turned_away() {
                    return Err(Error::Request(
                        "the records asked for do not fit into one answer; ask for fewer ids or fields".to_owned(),
                    ));
                }
                Answer::RetrieveData(RetrieveDataAnswer {
                    records: page.into_records(),
                })
            }
        };
        self.check(&answer)?;
        Ok(answer)
    }
}
