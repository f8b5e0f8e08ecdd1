//! The next token of a request that has pages: opened on the way in, guarded and sealed on the way out.

use crate::Error;
use crate::appflow::{ListEntitiesAnswer, Request};
use crate::bindings::RequestTrail;
use crate::credentials::{Credentials, Secret, Vault};
use crate::manifest::Manifest;
use crate::page::Page;
use crate::tokens::{Binding, PageFacts, Progress, Sealer, TokenError};

/// One page of a run.
pub(super) struct Paging {
    sealer: Sealer,
    progress: Progress,
    /// The connector's token that this page began with.
    previous: Option<String>,
}

impl Paging {
    /// Opens the request's token, and puts the connector's own in its place. None for an operation without pages.
    pub(super) fn begin(
        request: &mut Request,
        manifest: &Manifest,
        account: Option<&str>,
        credentials: &Credentials,
        operator_key: Option<&Secret>,
    ) -> Result<Option<Self>, TokenError> {
        let Some(binding) = Binding::of(request, manifest, account) else {
            return Ok(None);
        };
        let sealer = Sealer::new(&binding, credentials, operator_key)?;
        let token = match request {
            Request::QueryData(query) => &mut query.next_token,
            Request::ListEntities(list) => &mut list.next_token,
            _ => return Ok(None),
        };
        let mut progress = Progress::default();
        if let Some(text) = token {
            (progress, *text) = sealer.open(text)?;
        }
        let previous = token.clone();
        Ok(Some(Self {
            sealer,
            progress,
            previous,
        }))
    }

    /// The token after a page of records. An empty one counts as none.
    pub(super) fn after_records(
        &self,
        next: Option<String>,
        page: &Page,
        requests: Option<&RequestTrail>,
        secrets: &Vault,
    ) -> Result<Option<String>, Error> {
        self.after(next, secrets, || PageFacts {
            page: if page.count() == 0 {
                0
            } else {
                self.sealer.fingerprint(page.bytes())
            },
            requests: requests.map_or(0, |trail| self.sealer.fingerprint(&trail.digest)),
            keyed: page.is_keyed(),
            whole: page.is_whole() && requests.is_some_and(|trail| trail.reads_only),
            ..PageFacts::default()
        })
    }

    /// The token after a page of entities, whose identifiers are their keys.
    pub(super) fn after_entities(
        &self,
        answer: &ListEntitiesAnswer,
        secrets: &Vault,
    ) -> Result<Option<String>, Error> {
        self.after(answer.next_token.clone(), secrets, || {
            let mut names = String::new();
            for entity in &answer.entities {
                names.push_str(&entity.entity_identifier);
                names.push('\n');
            }
            PageFacts {
                page: if names.is_empty() {
                    0
                } else {
                    self.sealer.fingerprint(names.as_bytes())
                },
                keyed: true,
                ..PageFacts::default()
            }
        })
    }

    fn after(
        &self,
        next: Option<String>,
        secrets: &Vault,
        facts: impl FnOnce() -> PageFacts,
    ) -> Result<Option<String>, Error> {
        let Some(token) = next.filter(|token| !token.is_empty()) else {
            return Ok(None);
        };
        // Sealing hides it from readers, but whoever holds the key would read it, and it is nowhere rotated.
        if secrets.is_in(&token) {
            return Err(Error::Output("its next token holds a secret".to_owned()));
        }
        if self.previous.as_ref() == Some(&token) && !crate::mechanism::off("answers.token-cycle") {
            return Err(Error::Output(
                "its next token is the one it was given, so the flow would never end".to_owned(),
            ));
        }
        let facts = PageFacts {
            token: self.sealer.fingerprint(token.as_bytes()),
            ..facts()
        };
        let progress = self.progress.after(&facts)?;
        Ok(Some(self.sealer.seal(&progress, &token)?))
    }
}
