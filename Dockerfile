# docker build -t hubspot-bridge .
#
# Bases are pinned by exact tag. To pin by content too, append the digest that
# `docker buildx imagetools inspect IMAGE:TAG` prints: `IMAGE:TAG@sha256:…`.

FROM rust:1.95.0-slim-bookworm AS chef
RUN cargo install --locked cargo-chef@0.1.78
WORKDIR /build

FROM chef AS planner
COPY . .
RUN cargo chef prepare --recipe-path recipe.json

FROM chef AS builder
# Function names stay for backtraces; line tables would double the binary.
ENV CARGO_PROFILE_RELEASE_DEBUG=false \
    CARGO_PROFILE_RELEASE_STRIP=debuginfo
# The dependencies alone: this layer is built again only when Cargo.lock changes.
COPY --from=planner /build/recipe.json recipe.json
RUN cargo chef cook --locked --release --bin hubspot-bridge --recipe-path recipe.json
COPY . .
RUN cargo build --locked --release --bin hubspot-bridge && mkdir /empty

# glibc, CA certificates and a user; no shell, no package manager.
FROM gcr.io/distroless/cc-debian12:nonroot
LABEL org.opencontainers.image.title="hubspot-bridge" \
      org.opencontainers.image.description="Joins a HubSpot inbox to an AI support agent" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.version="0.1.0"
COPY --from=builder /build/target/release/hubspot-bridge /usr/local/bin/hubspot-bridge
# A volume made from this folder belongs to the user that runs the bridge.
COPY --from=builder --chown=nonroot:nonroot /empty /data
WORKDIR /data
# Listening beyond loopback, the admin side demands a token: BRIDGE__ADMIN__TOKEN_FILE.
ENV BRIDGE__STORE__URL=sqlite:/data/bridge.db \
    BRIDGE__ADMIN__LISTEN=0.0.0.0:8081
VOLUME /data
EXPOSE 8080 8081
USER nonroot:nonroot
# Turns in flight get `server.drain_grace` (8 s) to finish; Docker kills after 10 s.
STOPSIGNAL SIGTERM
# `store.lock_wait` (30 s) and migrations may pass before the first answer.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/usr/local/bin/hubspot-bridge", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/hubspot-bridge"]
CMD ["serve"]
