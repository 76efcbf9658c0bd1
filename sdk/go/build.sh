#!/bin/sh
# Generates a Go client from an OpenAPI document and compiles a program that uses it: sdk/go/build.sh DOCUMENT FOLDER.
# DOCUMENT is a file or a gateway's address of /openapi/v1.json. The program is then FOLDER/submit.
# Needs Go, Java, Node.js and npm, and Go's oauth2 library, which is taken from where Debian puts it
# (golang-golang-x-oauth2-dev); GOLIBS= names another GOPATH.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
libs=${GOLIBS:-/usr/share/gocode}
mkdir -p "$2"
case $1 in
    *://*) curl -sSf "$1" -o "$2/api.json" ;;
    *) cp "$1" "$2/api.json" ;;
esac
cp "$here/package.json" "$here/package-lock.json" "$here/submit.go" "$2"
cd "$2"
npm ci --silent --no-fund --no-audit
node "$here/prepare.mjs" api.json prepared.json
npx openapi-down-convert --input prepared.json --output api-3.0.yaml
rm -rf src/otask
java -jar node_modules/@openapitools/openapi-generator-cli/bin/openapi-generator.jar generate -g go-experimental -i api-3.0.yaml \
    -o src/otask --package-name otask --additional-properties enumClassPrefix=true >generator.log 2>&1 || { cat generator.log >&2; exit 1; }
GO111MODULE=off GOFLAGS=-p=2 GOPATH=$PWD:$libs go build -o submit submit.go
