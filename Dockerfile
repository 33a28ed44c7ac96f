# docker build -t residual . && docker run --rm -v "$PWD:/work" residual train --data shapes
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends make
WORKDIR /source
COPY scripts/setup scripts/setup
RUN scripts/setup package
COPY . .
RUN make deb

FROM debian:12-slim
COPY --from=build /source/build/deb/*.deb /tmp/
RUN apt-get update && apt-get install -y /tmp/*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
WORKDIR /work
ENTRYPOINT ["residual"]
