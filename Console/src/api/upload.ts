import { noteRefusal } from "./client";
import { Problem } from "./problem";
import type { UploadedFile } from "./types";

/**
 * Stores the bytes of a file. fetch does not report the progress of an upload, so an XMLHttpRequest sends the bytes and
 * calls `progress` with the number that it has sent.
 */
export function upload(file: Blob, progress: (sent: number) => void = () => {}): Promise<UploadedFile> {
  return new Promise((done, fail) => {
    const call = new XMLHttpRequest();
    call.open("POST", "/api/v1/files");
    call.setRequestHeader("content-type", "application/octet-stream");
    call.upload.onprogress = (event) => progress(event.loaded);
    call.onerror = () => fail(Problem.from(new TypeError("no answer")));
    call.onload = () => {
      if (call.status === 200 || call.status === 201)
        return done(JSON.parse(call.responseText) as UploadedFile);
      noteRefusal(call.status);
      void Problem.of(new Response(call.responseText, { status: call.status, statusText: call.statusText })).then(fail);
    };
    call.send(file);
  });
}
