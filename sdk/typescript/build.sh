#!/bin/sh
# Generates a TypeScript client from an OpenAPI document and compiles a program that uses it:
# sdk/typescript/build.sh DOCUMENT FOLDER. DOCUMENT is a file or a gateway's address of /openapi/v1.json.
# Needs Node.js and npm. The program is then FOLDER/submit.js.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
cp "$here/package.json" "$here/package-lock.json" "$here/submit.ts" "$2"
case $1 in /* | *://*) document=$1 ;; *) document=$PWD/$1 ;; esac
cd "$2"
npm ci --silent --no-fund --no-audit
# A member with a default may be left out of a request.
npx openapi-typescript "$document" --default-non-nullable=false -o api.d.ts
npx tsc --strict --noUncheckedIndexedAccess --module nodenext --target es2022 --types node submit.ts
