# One image with both programs; compose.yaml runs each in a container of its own, over one volume.

# The same Debian twice: what is linked in the first must find its libc in the second.
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# Dependencies first, around empty crates: this layer lasts until a manifest changes.
COPY Cargo.toml Cargo.lock ./
COPY bot/Cargo.toml bot/
COPY pinger/Cargo.toml pinger/
COPY shared/Cargo.toml shared/
COPY sandbox/Cargo.toml sandbox/
RUN mkdir bot/src pinger/src pinger/benches shared/src shared/benches sandbox/src sandbox/benches \
 && touch bot/src/lib.rs pinger/src/lib.rs shared/src/lib.rs sandbox/src/lib.rs \
 && touch pinger/benches/planner.rs shared/benches/pure.rs sandbox/benches/floods.rs \
 && echo 'fn main() {}' | tee bot/src/main.rs pinger/src/main.rs sandbox/src/main.rs \
 && cargo build --locked --release -p bot -p pinger

COPY shared shared
COPY bot bot
COPY pinger pinger
# Copied files keep their times: older than the empty ones, they would count as built.
RUN touch shared/src/lib.rs bot/src/lib.rs bot/src/main.rs pinger/src/lib.rs pinger/src/main.rs \
 && cargo build --locked --release -p bot -p pinger

FROM debian:bookworm-slim
RUN groupadd --gid 10001 talon \
 && useradd --uid 10001 --gid talon --home-dir /var/lib/talon --no-create-home --shell /usr/sbin/nologin talon \
 && install -d -o talon -g talon -m 0700 /var/lib/talon
COPY LICENSE bot/assets/Roboto-LICENSE.txt /usr/share/doc/talon/
COPY --from=build /build/target/release/bot /build/target/release/pinger /usr/bin/

# By number: a cluster that forbids root cannot look names up.
USER 10001:10001
WORKDIR /var/lib/talon
# A fresh named volume takes owner and mode from here.
VOLUME /var/lib/talon
# Each container has a network of its own, so one port serves both; nothing is published unless asked for.
ENV DATABASE_PATH=/var/lib/talon/talon.db \
    BOT_METRICS_ADDR=0.0.0.0:9100 \
    PINGER_METRICS_ADDR=0.0.0.0:9100
# By bash alone, which is in every Debian: curl would bring thirty packages.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
  CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9100; printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3; head -n 1 <&3 | grep -q ' 200 '"]
# bot or pinger
CMD ["bot"]
