import type { ComponentChildren } from "preact";
import { Icon } from "./parts";

/** Says that secrets have to be entered again, and what happens otherwise. */
export function SecretsNote({ title, children }: { title: ComponentChildren; children: ComponentChildren }) {
  return <div class="notice"><Icon name="keys" /><div class="grow"><b>{title}</b><p>The service never shows secrets. {children}</p></div></div>;
}
