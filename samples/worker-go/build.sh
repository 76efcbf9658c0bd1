#!/bin/sh
# Builds the Go sample: samples/worker-go/build.sh OUTPUT
# Needs Go, protoc, and Go's grpc and protobuf libraries. They are taken from where Debian puts them (golang-go,
# golang-google-grpc-dev, protobuf-compiler); GOLIBS= names another GOPATH. Nothing is downloaded.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=$1
libs=${GOLIBS:-/usr/share/gocode}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/src/orleanstasks/v1"
export GO111MODULE=off GOFLAGS=-p=2
GOPATH=$libs go build -o "$work/protoc-gen-go" github.com/golang/protobuf/protoc-gen-go
# This generator is older than proto3's `optional`; a oneof of one field is the same on the wire.
sed 's/^ *optional \([a-z0-9]* \([a-z_]*\) = [0-9]*;\)/  oneof \2_or_none { \1 }/' "$here/../../Worker.Protocol/node_service.proto" \
    >"$work/node_service.proto"
protoc -I"$work" "--plugin=protoc-gen-go=$work/protoc-gen-go" "--go_out=plugins=grpc,import_path=v1:$work/src/orleanstasks/v1" \
    "$work/node_service.proto"
GOPATH=$work:$libs go build -o "$output" "$here"/*.go
