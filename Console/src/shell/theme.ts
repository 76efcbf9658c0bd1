import { remembered } from "../store/remembered";

/** The reader's choice of light or dark; auto follows the system. */
export const theme = remembered<string>("otask.theme", "auto");

/** Applies the choice now and whenever it changes. */
export function startTheme(): void {
  theme.subscribe((name) => document.documentElement.style.colorScheme = name === "auto" ? "light dark" : name);
}

/** Whether the page is dark now. */
export const isDark = (): boolean =>
  theme.value === "dark" || (theme.value === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);

/** From auto to the other of light and dark, and back. */
export function switchTheme(): void {
  theme.value = isDark() ? "light" : "dark";
}
