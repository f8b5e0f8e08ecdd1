//! Connectors in other languages than Rust: their tools, and the builds that use them as an author does.
//!
//! A folder is a connector of the language whose file it holds, see [`Language::SIGNS`]. Each language's module knows
//! three things: how its tools are installed ([`setup()`]), how a connector becomes a component ([`build()`]), and how its
//! SDK is tested ([`test()`]).

mod c;
pub(crate) mod figures;
mod github;
mod js;
mod python;
mod readme;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::content::Content;
use crate::repo::Repo;
use crate::toolchain;

/// A language with an SDK under `guest-sdk/`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Language {
    /// JavaScript and TypeScript.
    Js,
    /// Python.
    Python,
    /// C.
    C,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Js, Self::Python, Self::C];
    /// What a folder must hold to be a connector in the language.
    const SIGNS: [(&str, Self); 3] = [
        ("package.json", Self::Js),
        ("pyproject.toml", Self::Python),
        ("connector.c", Self::C),
    ];

    /// The language of a connector's folder; none for one in Rust.
    pub(crate) fn of(folder: &Path) -> Option<Self> {
        Self::SIGNS
            .iter()
            .find(|(sign, _)| folder.join(sign).is_file())
            .map(|(_, language)| *language)
    }

    /// Its folder under `guest-sdk/`.
    fn sdk(self) -> &'static str {
        match self {
            Self::Js => "guest-sdk/js",
            Self::Python => "guest-sdk/python",
            Self::C => "guest-sdk/c",
        }
    }
}

/// What to set up.
#[derive(clap::Args)]
pub(crate) struct SetupOptions {
    /// The language whose tools to install [default: Rust].
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Choice>,
    /// Run the tests of the language's SDK and of the logic of its connectors as well.
    #[arg(long, requires = "language")]
    test: bool,
}

/// What can be said for `--language`.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Choice {
    /// The target of guests in Rust.
    Rust,
    /// JavaScript and TypeScript.
    Js,
    /// Python.
    Python,
    /// C.
    C,
    /// Each of them.
    All,
}

/// `cargo xtask setup`.
pub(crate) fn run_setup(repo: &Repo, options: &SetupOptions) -> Result<()> {
    let choice = options.language.unwrap_or(Choice::Rust);
    if matches!(choice, Choice::Rust | Choice::All) {
        let toolchain = toolchain::ensure(repo)?;
        println!("rust: {}", toolchain.origin);
    }
    let languages: &[Language] = match choice {
        Choice::Rust => &[],
        Choice::Js => &[Language::Js],
        Choice::Python => &[Language::Python],
        Choice::C => &[Language::C],
        Choice::All => &Language::ALL,
    };
    for language in languages {
        setup(repo, *language)?;
        if options.test {
            test(repo, *language)?;
        }
    }
    Ok(())
}

/// Installs what connectors of a language are built with into the repository's cache, or takes what is there already.
pub(crate) fn setup(repo: &Repo, language: Language) -> Result<()> {
    match language {
        Language::Js => js::setup(repo),
        Language::Python => python::setup(repo),
        Language::C => c::setup(repo),
    }
    .with_context(|| format!("cannot set up {language:?}"))
}

/// Makes the component of a connector, or takes the one made earlier from the same files, SDK and contract.
pub(crate) fn build(repo: &Repo, language: Language, folder: &Path) -> Result<PathBuf> {
    let key = key(repo, language, folder)?;
    let cache = repo.cache().join("components");
    fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let kept = cache.join(format!("{key}.wasm"));
    if !kept.is_file() {
        setup(repo, language)?;
        eprintln!("building {}", repo.shown(folder));
        // Written aside and renamed: whoever runs at the same time never sees half a file.
        let part = kept.with_extension(format!("tmp.{}.wasm", std::process::id()));
        match language {
            Language::Js => js::build(repo, folder, &part),
            Language::Python => python::build(repo, folder, &part),
            Language::C => c::build(repo, folder, &part),
        }
        .with_context(|| format!("cannot build {}", repo.shown(folder)))?;
        fs::rename(&part, &kept)
            .with_context(|| format!("building {} left no component", repo.shown(folder)))?;
    }
    Ok(kept)
}

/// Runs the tests of a language's SDK and of its connectors' logic, where there are any.
pub(crate) fn test(repo: &Repo, language: Language) -> Result<()> {
    if !repo.path(language.sdk()).is_dir() {
        return Ok(());
    }
    setup(repo, language)?;
    match language {
        Language::Js => js::test(repo).and_then(|()| github::ready(repo)),
        Language::Python => python::test(repo),
        Language::C => c::test(repo),
    }
}

/// A hash of all that a component is made from: the connector's files, the SDK with its pinned tools, the contract, and
/// the commands themselves.
fn key(repo: &Repo, language: Language, folder: &Path) -> Result<String> {
    let mut content = Content::default();
    content.text(&format!("{language:?}"));
    for source in [&repo.path(language.sdk()), folder, &repo.path("wit")] {
        content.folder(source)?;
    }
    for commands in [
        include_str!("js.rs"),
        include_str!("python.rs"),
        include_str!("c.rs"),
    ] {
        content.text(commands);
    }
    Ok(content.hash())
}
