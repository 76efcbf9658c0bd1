import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button } from "./parts";

interface Question {
  title: string; text: ComponentChildren; action: string; danger?: boolean; typed?: string; asksWhy?: boolean; answer: (yes: boolean, reason?: string) => void;
}

const question = signal<Question | null>(null);

/** Asks before something that cannot be taken back; with `typed`, the reader types that first. */
export function confirm(asked: Omit<Question, "answer">): Promise<boolean> {
  return new Promise((answer) => question.value = {
    ...asked,
    answer: (yes) => {
      question.value = null;
      answer(yes);
    },
  });
}

/** Asks before something, and for the reason, which may be empty; null when the reader does not want it. */
export function confirmWhy(asked: Omit<Question, "answer" | "asksWhy">): Promise<string | null> {
  return new Promise((answer) => question.value = {
    ...asked, asksWhy: true,
    answer: (yes, reason = "") => {
      question.value = null;
      answer(yes ? reason.trim() : null);
    },
  });
}

/** A window above the page: Escape closes it and the focus goes back. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  // At once: the next key is already meant for it.
  useLayoutEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} aria-label={title} onClose={close} onClick={(event) => event.target === box.current && close()}>
      <h2>{title}</h2>{children}
    </dialog>
  );
}

export function Confirmation() {
  const asked = question.value;
  return asked && <Asked key={asked.title} asked={asked} />;
}

function Asked({ asked }: { asked: Question }) {
  const [text, setText] = useState("");
  const [reason, setReason] = useState("");
  const ready = !asked.typed || text === asked.typed;
  return (
    <Dialog title={asked.title} close={() => asked.answer(false)}>
      <form onSubmit={(event) => { event.preventDefault(); if (ready) asked.answer(true, reason); }}>
        <div>{asked.text}</div>
        {asked.typed && <label class="field"><span>Type <b>{asked.typed}</b> to confirm</span>
          <input value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" /></label>}
        {asked.asksWhy && <label class="field">Reason
          <input value={reason} maxLength={200} autoFocus onInput={(event) => setReason(event.currentTarget.value)} autocomplete="off" placeholder="optional; others see it" /></label>}
        <div class="actions end">
          <Button onClick={() => asked.answer(false)}>Back</Button>
          <Button type="submit" kind={asked.danger ? "danger" : "main"} disabled={!ready}>{asked.action}</Button>
        </div>
      </form>
    </Dialog>
  );
}
