import type { ComponentChildren } from "preact";
import { Icon } from "./parts";

/** Asks the user to enter secrets again. */
export function SecretsNote({ title, children }: { title: ComponentChildren; children: ComponentChildren }) {
  return <div class="notice"><Icon name="keys" /><div class="grow"><b>{title}</b><p>The service never shows secrets. {children}</p></div></div>;
}
