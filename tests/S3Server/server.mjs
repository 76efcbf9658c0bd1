// An S3 server for tests, on the loopback address. Prints its port, and ends when its standard input does.
// Arguments: a folder for the objects, and the names of buckets.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const S3rver = require("@20minutes/s3rver");

// The client signs the path of a bucket as it sends it: with a slash at its end, which this server leaves out.
const v4 = require("@20minutes/s3rver/lib/signature/v4.js");
const { getStringToSign } = v4;
v4.getStringToSign = (request, signature) =>
  getStringToSign(/^\/[^/]+$/.test(request.uri) ? { ...request, uri: `${request.uri}/` } : request, signature);

// The client encodes the whole name of a part's source, the slashes too.
const objects = require("@20minutes/s3rver/lib/controllers/object.js");
const { uploadPartCopy } = objects;
objects.uploadPartCopy = (context) => {
  context.headers["x-amz-copy-source"] = decodeURIComponent(context.headers["x-amz-copy-source"]);
  return uploadPartCopy(context);
};

const [folder, ...buckets] = process.argv.slice(2);
const server = new S3rver({
  directory: folder, address: "127.0.0.1", port: 0, silent: true, vhostBuckets: false,
  configureBuckets: buckets.map((name) => ({ name, configs: [] })),
});
const { port } = await server.run();
console.log(port);
process.stdin.on("end", () => process.exit(0)).resume();
