# The image runs the bot as a user without rights, with its state on a volume. By default it is built from source; a
# release builds it with BINARY=release for several processors, from the binaries of its archives.
ARG BINARY=source

FROM golang:1.26 AS source
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
ARG COMMIT=
ARG DATE=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT} -X main.date=${DATE}" -o /foghorn ./cmd/foghorn \
 && mkdir /state

FROM scratch AS release
ARG TARGETPLATFORM
COPY $TARGETPLATFORM/foghorn /foghorn
WORKDIR /state

FROM ${BINARY} AS binary

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=binary /foghorn /foghorn
COPY --from=binary --chown=nonroot:nonroot /state /state
ENV STATE_DIR=/state
VOLUME /state
EXPOSE 8080
# The image has no shell for a HEALTHCHECK: probe GET /healthz (alive) and GET /readyz (can work) on 8080.
ENTRYPOINT ["/foghorn"]
CMD ["serve"]
