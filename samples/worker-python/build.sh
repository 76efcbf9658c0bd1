#!/bin/sh
# Makes the messages that worker.py imports: samples/worker-python/build.sh FOLDER
# Needs protoc; worker.py then runs with PYTHONPATH=FOLDER, Python's grpc and protobuf (Debian: python3-grpcio,
# protobuf-compiler).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
protoc -I"$here/../../Worker.Protocol" --python_out="$1" node_service.proto
