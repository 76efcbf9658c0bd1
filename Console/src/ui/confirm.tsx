import { signal } from "@preact/signals";
import type { ComponentChildren, RefObject } from "preact";
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

/**
 * A window above the page: Escape or a press beside it closes it, and the focus goes back. With `once`, it shows something that is not shown
 * again, and a press beside it does not close it.
 */
export function Dialog({ title, close, once, children }: { title: string; close: () => void; once?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useModal(box);
  return (
    <dialog ref={box} aria-label={title} onClose={close} {...usePressBeside(box, () => { if (!once) close(); })}>
      <h2>{title}</h2>{children}
    </dialog>
  );
}

/** Shows a dialog as long as it is on the page. The focus then goes back to what had it. */
export function useModal(box: RefObject<HTMLDialogElement | null>): void {
  // At once: the next key is already meant for it.
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current?.showModal();
    return () => {
      // Nothing outside can have the focus until the dialog has left the page.
      setTimeout(() => {
        if (before instanceof HTMLElement && before.isConnected && (document.activeElement ?? document.body) === document.body)
          before.focus();
      });
    };
  }, []);
}

/** Listens for presses beside a dialog. A press that begins inside, as one that selects text, may end beside it, and closes nothing. */
export function usePressBeside(box: RefObject<HTMLDialogElement | null>, pressed: () => void) {
  const beganBeside = useRef(false);
  const isBeside = (event: MouseEvent) => {
    // The dialog's own padding is inside.
    const { left, right, top, bottom } = box.current!.getBoundingClientRect();
    return event.target === box.current && (event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom);
  };
  return {
    onPointerDown: (event: PointerEvent) => { beganBeside.current = isBeside(event); },
    onClick: (event: MouseEvent) => { if (beganBeside.current && isBeside(event)) pressed(); },
  };
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
