# Image of one connector for AWS Lambda: the host, the compiled component, certificates, and nothing else.
#
#   cargo xtask guests --wasm-only
#   docker buildx build --provenance=false --sbom=false --tag salesforce-connector \
#     --build-arg PLUGIN=target/guests/salesforce.wasm --build-arg MANIFEST=plugins/salesforce/connector.toml .
#
# PLUGIN is a component inside the build context. Its manifest is the one it carries, or connector.toml beside it, or the
# file MANIFEST names. The two switches above matter: Lambda takes a single manifest for a single architecture and refuses
# an index with attestations. The image is for the architecture it is built on.
#
# What `cargo xtask assemble` leaves in target/image/ is tested on every change; building and starting this image is not
# yet.

FROM docker.io/library/rust:1.95-bookworm AS build
WORKDIR /source
# Only what the native build reads, so that a change of a connector does not build the host again.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY wit wit
COPY host host
COPY cli cli
COPY tests tests
COPY xtask xtask
COPY fuzz fuzz
# Linked statically, as the image has no C library. An explicit target keeps the flag away from build scripts.
RUN host="$(rustc -vV | sed -n 's/^host: //p')" \
 && RUSTFLAGS='-C target-feature=+crt-static' \
    cargo build --locked --release --package appflow-host --bin bootstrap --target "$host" \
 && install -D "target/$host/release/bootstrap" /image/bootstrap
# The compiler stays behind in this stage.
RUN cargo build --locked --workspace --bins \
 && install target/debug/appflow-wasm /usr/local/bin/ \
 && rm -r target

FROM build AS compile
ARG PLUGIN
ARG MANIFEST=
COPY . /context
RUN test -n "$PLUGIN" || { echo 'give the component: --build-arg PLUGIN=path/to/connector.wasm' >&2; exit 1; } \
 && cd /context && appflow-wasm compile "$PLUGIN" ${MANIFEST:+--manifest "$MANIFEST"} --output /image/connector.cwasm

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=compile /image/ /
# Lambda brings its own user; anybody else who starts the image is not root either.
USER 993:990
ENTRYPOINT ["/bootstrap"]
