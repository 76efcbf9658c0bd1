// An S3 server for tests, on the loopback address. Prints its port, and ends when its standard input does.
// Arguments: a folder for the objects, and the names of buckets.
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";

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

// This server cannot discard or list the parts of unfinished objects. It answers so once it has checked the signature.
const partsOf = (bucket) => join(folder, bucket, "._S3rver_uploads");
server.middleware.unshift(async (context, next) => {
  const refused = await next().then(() => null, (error) => error);
  const isUnknown = ["MethodNotAllowed", "NotImplemented"].includes(refused?.code);
  const bucket = context.path.split("/")[1];
  if (isUnknown && context.method === "DELETE" && context.query.uploadId) {
    await rm(join(partsOf(bucket), context.query.uploadId), { recursive: true });
    [context.body, context.status] = [null, 204];
  } else if (isUnknown && context.method === "GET" && "uploads" in context.query) {
    const ids = await readdir(partsOf(bucket)).catch(() => []);
    const uploads = await Promise.all(ids.map(async (id) => {
      const path = join(partsOf(bucket), id, "key");
      // It may have been put together meanwhile.
      return readFile(path).then(async (key) => ({ id, key: `${key}`, at: (await stat(path)).mtime.toISOString() }))
        .catch(() => ({ key: "" }));
    }));
    const items = uploads.filter(({ id, key }) => id && key.startsWith(context.query.prefix ?? "")).map(({ id, key, at }) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${at}</Initiated></Upload>`);
    [context.status, context.type] = [200, "application/xml"];
    context.body = "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>"
      + `${items.join("")}</ListMultipartUploadsResult>`;
  } else if (refused) {
    throw refused;
  }
});
const { port } = await server.run();
console.log(port);
process.stdin.on("end", () => process.exit(0)).resume();
