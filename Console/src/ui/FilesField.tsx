import { useState } from "preact/hooks";
import { Problem } from "../api/problem";
import { upload } from "../api/upload";
import type { InputFile } from "../api/types";
import { type Dropped, droppedOf, toggled, withFile, without } from "../format/files";
import { bytes, plural } from "../format/numbers";
import { Bar, Button, ProblemBox, Text } from "./parts";

interface Sending { name: string; sent: number; of: number; left: number }

/** Called with 1 when an upload begins and with -1 when it ends. In between, the form does not have the file yet and must not be sent. */
type Uploads = (more: 1 | -1) => void;

/** Uploads the file that the user chooses, and sets its name. */
export function FileChoice({ label, set, uploads }: { label: string; set: (file: string) => void; uploads: Uploads }) {
  const [sending, setSending] = useState<{ sent: number; of: number } | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const send = async (file: File) => {
    setFault(null);
    uploads(1);
    try {
      set((await upload(file, (sent) => setSending({ sent, of: file.size }))).file);
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
    setSending(null);
    uploads(-1);
  };
  return <>
    <input type="file" aria-label={label} disabled={sending !== null} onChange={(event) => { const file = event.currentTarget.files?.[0]; if (file) void send(file); }} />
    {sending && <Bar value={sending.sent} most={sending.of} label="Sending the file" />}
    {fault && <ProblemBox problem={fault} />}</>;
}

/** The files that travel with a task. Each file that is dropped or chosen is uploaded at once and added to the spec. */
export function FilesField({ files, set, uploads }: { files: InputFile[]; set: (change: (files: InputFile[]) => InputFile[]) => void; uploads: Uploads }) {
  const [sending, setSending] = useState<Sending | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const [isOver, setOver] = useState(false);
  const send = async (chosen: Dropped[] | Promise<Dropped[]>) => {
    setFault(null);
    uploads(1);
    try {
      const dropped = await chosen;
      for (const [no, { path, file }] of dropped.entries()) {
        const tell = (sent: number) => setSending({ name: path, sent, of: file.size, left: dropped.length - no - 1 });
        tell(0);
        const stored = await upload(file, tell);
        set((known) => withFile(known, { path, file: stored.file }));
      }
    } catch (thrown) {
      setFault(Problem.from(thrown));
    }
    setSending(null);
    uploads(-1);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer)
      void send(droppedOf(event.dataTransfer));
  };
  return (
    <div class={isOver ? "field drop over" : "field drop"} onDragOver={(event) => { event.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
      <label class="field">Files<input type="file" multiple disabled={sending !== null} onChange={(event) => {
        const chosen = [...event.currentTarget.files ?? []].map((file) => ({ path: file.name, file }));
        event.currentTarget.value = "";
        void send(chosen);
      }} /><span class="hint">Drop files or folders here; the command finds them in its working folder</span></label>
      {fault && <ProblemBox problem={fault} />}
      {sending && <p><Bar value={sending.sent} most={sending.of} label={`Sending ${sending.name}`} /> <Text>{sending.name}</Text> <span class="soft">{bytes(sending.sent)} of {bytes(sending.of)}{sending.left > 0 && `, ${plural(sending.left, "more file")}`}</span></p>}
      {files.length > 0 && <ul class="files">{files.map((one, i) => (
        <li key={i}><code><Text>{one.path}</Text></code> <label><input type="checkbox" checked={one.executable === true}
          onChange={() => set((known) => toggled(known, one.path))} /> executable</label>
          <Button kind="bare" icon="close" label={`Remove ${one.path}`} onClick={() => set((known) => without(known, one.path))} /></li>))}</ul>}
    </div>
  );
}
