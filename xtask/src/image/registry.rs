//! A container registry on loopback, as Amazon ECR stands between the build and Lambda.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::manifest::Manifest;
use super::tools::Tools;
use crate::process;

/// A running registry. Ends, and is empty again, when dropped.
pub(super) struct Registry {
    server: Child,
    /// Address and port.
    address: String,
    storage: PathBuf,
}

impl Registry {
    /// Starts a registry on a free port of 127.0.0.1.
    pub(super) fn start(tools: &Tools, folder: &Path) -> Result<Self> {
        let storage = folder.join("registry");
        if storage.exists() {
            fs::remove_dir_all(&storage)?;
        }
        fs::create_dir_all(&storage)?;
        let settings = storage.join("settings.yml");
        // JSON is YAML too, and takes any path.
        fs::write(
            &settings,
            serde_json::json!({
                "version": "0.1",
                "log": {"accesslog": {"disabled": true}},
                "storage": {"filesystem": {"rootdirectory": storage.join("images")}},
                "http": {"addr": "127.0.0.1:0"},
            })
            .to_string(),
        )?;
        let mut server = Command::new(&tools.registry)
            .arg("serve")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start docker-registry")?;
        let log = server.stderr.take().context("no log of docker-registry")?;
        let mut registry = Self {
            server,
            address: String::new(),
            storage,
        };
        registry.address = listening(log)?;
        Ok(registry)
    }

    /// An image in this registry, as buildah and skopeo write it.
    pub(super) fn place(&self, name: &str, tag: &str) -> String {
        format!("docker://{}/{name}:{tag}", self.address)
    }

    /// What the registry says of an image, with the configuration it points to.
    pub(super) fn manifest(&self, name: &str, tag: &str) -> Result<Manifest> {
        let inspect = |arguments: &[&str]| {
            process::output(
                Command::new("skopeo")
                    .args(["inspect", "--tls-verify=false"])
                    .args(arguments)
                    .arg(self.place(name, tag)),
            )
        };
        Manifest::parse(
            &inspect(&["--raw"])?,
            &inspect(&["--raw", "--config"])?,
            inspect(&["--format", "{{.Digest}}"])?.trim(),
        )
        .with_context(|| format!("the image {name}:{tag} of the registry"))
    }

    /// Fetches an image and unpacks it; returns the folder of its root.
    pub(super) fn unpack(&self, name: &str, tag: &str, folder: &Path) -> Result<PathBuf> {
        let layout = self.storage.join(format!("pulled-{name}"));
        process::output(
            Command::new("skopeo")
                .args(["copy", "--quiet", "--src-tls-verify=false"])
                .arg(self.place(name, tag))
                .arg(format!("oci:{}:{tag}", layout.display())),
        )?;
        let bundle = folder.join("bundles").join(name);
        if bundle.exists() {
            fs::remove_dir_all(&bundle)?;
        }
        fs::create_dir_all(bundle.parent().context("a bundle without a folder")?)?;
        process::output(
            Command::new("umoci")
                .args(["unpack", "--image"])
                .arg(format!("{}:{tag}", layout.display()))
                .arg(&bundle),
        )?;
        Ok(bundle)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It may have ended by itself, and an error leaves nothing else to be done.
        let _ = self.server.kill();
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.storage);
    }
}

/// Reads the log until it names the address. The rest is read and dropped, lest the pipe fill up.
fn listening(log: impl std::io::Read + Send + 'static) -> Result<String> {
    let mut lines = BufReader::new(log).lines();
    let mut said = String::new();
    for line in lines.by_ref().map_while(std::io::Result::ok) {
        if let Some(address) = address(&line) {
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(address);
        }
        said.push_str(&line);
        said.push('\n');
    }
    bail!("docker-registry ended before it listened:\n{said}")
}

/// The address in a line of the log, `… msg="listening on 127.0.0.1:5000" …`.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("listening on ")?;
    let end = rest.find(|char: char| !char.is_ascii_digit() && !matches!(char, '.' | ':'));
    let address = rest.get(..end.unwrap_or(rest.len()))?;
    address.contains(':').then(|| address.to_owned())
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn the_log_names_the_address() {
        assert_eq!(
            address(
                r#"time="2026" level=info msg="listening on 127.0.0.1:40511" go.version=go1.19"#
            )
            .as_deref(),
            Some("127.0.0.1:40511")
        );
        assert_eq!(address("msg=\"listening on tls\""), None);
        assert_eq!(address("redis not configured"), None);
    }
}
