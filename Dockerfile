# Image of one connector for AWS Lambda: the host, the compiled component, certificates, and nothing else.
#
#   cargo xtask guests --wasm-only
#   docker buildx build --provenance=false --sbom=false --tag salesforce-connector \
#     --build-arg PLUGIN=target/guests/salesforce.wasm .
#
# PLUGIN is a component inside the build context. Its manifest is the one it carries, or connector.toml beside it, or the
# file MANIFEST names. The two switches matter: Lambda takes a single manifest for a single architecture and refuses an
# index with attestations. The image is for the architecture it is built on.
#
# docs/image.md tells the rest: arm64, reproducible builds, sizes, pushing and deploying. `cargo xtask image-test` builds,
# pushes, pulls and runs this image.

FROM docker.io/library/rust:1.95-bookworm AS source
WORKDIR /source
# What cargo wants to see of the workspace, and of the connectors only the one that is compiled natively for the benchmark: a change
# of another one does not build the host again.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
COPY wit wit
COPY host host
COPY cli cli
COPY tests tests
COPY xtask xtask
COPY fuzz fuzz
COPY guest-sdk/rust guest-sdk/rust
COPY plugins/Cargo.toml plugins/
COPY plugins/salesforce plugins/salesforce

# The host, the same for every connector. Linked statically, as the image has no C library, with packed relocations; the
# flags reach the last step alone, so that nothing else differs from the build that `cargo xtask test` tests.
#
# What is shipped lies in a tree of its own with all times set to one moment: a layer depends on its files alone, not on
# when it was made, and stays the same when only the connector changes.
FROM source AS host
RUN cargo rustc --locked --release --package appflow-host --bin bootstrap -- \
      -C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs \
 && install -D target/release/bootstrap /shipped/host/bootstrap \
 && install -D --mode=644 /etc/ssl/certs/ca-certificates.crt /shipped/certificates/etc/ssl/certs/ca-certificates.crt \
 && find /shipped -exec touch --no-dereference --date=@0 {} + \
 && rm -rf target/*/*

# The compiler of components, which stays behind. The whole workspace at once, as everywhere in this repository: the choice of packages
# decides about features of libraries, and another choice compiles all of them again.
FROM source AS tool
RUN cargo build --locked --workspace --bins \
 && install -D target/debug/appflow-wasm /tool/appflow-wasm \
 && rm -rf target/*/*

FROM tool AS compile
ARG PLUGIN=
ARG MANIFEST=
RUN --mount=type=bind,target=/context \
    cd /context \
 && { test -n "$PLUGIN" || { echo 'error: give the component: --build-arg PLUGIN=path/to/connector.wasm' >&2; exit 1; }; } \
 && { test -f "$PLUGIN" || { echo "error: the build context has no file \"$PLUGIN\": PLUGIN is a path inside the" \
      'context, and .dockerignore leaves out some folders' >&2; exit 1; }; } \
 && mkdir -p /shipped/connector \
 && /tool/appflow-wasm compile "$PLUGIN" ${MANIFEST:+--manifest "$MANIFEST"} --output /shipped/connector/connector.cwasm \
 && chmod 644 /shipped/connector/connector.cwasm \
 && find /shipped -exec touch --no-dereference --date=@0 {} +

# What all connectors share.
FROM scratch AS base
COPY --from=host /shipped/certificates/ /
COPY --from=host /shipped/host/ /
# Whoever looks for certificates reads this file, and then again all of its folder unless the file has been named.
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
# Lambda brings its own user; anybody else who starts the image is not root either.
USER 993:990
ENTRYPOINT ["/bootstrap"]

FROM base
COPY --from=compile /shipped/connector/ /
