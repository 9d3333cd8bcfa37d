# An image with Greenroom and Debian's Python. An application is built on it: see docs/install.md.
FROM debian:12 AS build
WORKDIR /src
COPY . .
RUN apt-get update \
 && apt-get build-dep -y --no-install-recommends ./ \
 && apt-get install -y --no-install-recommends dpkg-dev \
 && dpkg-buildpackage --build=binary --no-sign \
 && mkdir /packages && mv ../greenroom_*.deb ../libgreenroom0_*.deb /packages

FROM debian:12-slim
RUN --mount=type=bind,from=build,source=/packages,target=/packages \
    apt-get update \
 && apt-get install -y --no-install-recommends python3 /packages/*.deb \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --user-group --no-create-home --home-dir /app greenroom
WORKDIR /app
USER greenroom
EXPOSE 8000
ENTRYPOINT ["greenroom"]
CMD ["serve", "--bind", "0.0.0.0:8000", "app:app"]
