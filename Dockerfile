# The image runs the bot as nobody in particular, with its state on a volume.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /foghorn ./cmd/foghorn \
 && mkdir /state

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /foghorn /foghorn
COPY --from=build --chown=nonroot:nonroot /state /state
ENV STATE_DIR=/state
VOLUME /state
EXPOSE 8080
# The image has no shell for a HEALTHCHECK: probe GET /healthz (alive) and GET /readyz (can work) on 8080.
ENTRYPOINT ["/foghorn"]
CMD ["serve"]
