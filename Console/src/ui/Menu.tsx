import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "./parts";

/** A button with a small window below it, which closes when its reader looks elsewhere. */
export function Menu({ title, children }: { title: string; children: ComponentChildren }) {
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const away = (event: Event) => {
      if (box.current?.open && !box.current.contains(event.target as Node))
        box.current.open = false;
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("focusin", away);
    return () => { document.removeEventListener("pointerdown", away); document.removeEventListener("focusin", away); };
  }, []);
  const key = (event: KeyboardEvent) => {
    if (event.key === "Escape" && box.current?.open) {
      box.current.open = false;
      box.current.querySelector("summary")?.focus();
      event.stopPropagation();
    }
  };
  return <details class="menu" ref={box} onKeyDown={key}><summary class="button">{title}<Icon name="down" /></summary><div class="menu-body">{children}</div></details>;
}
