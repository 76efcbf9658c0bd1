import { Window } from "happy-dom";

/**
 * Gives the tests a browser's window. Streams, answers and the like stay Node's own. What lays out and paints is missing, and does nothing.
 */
export function openWindow(): Window {
  const window = new Window({ url: "http://127.0.0.1:9092/", width: 1_440, height: 900 });
  const given = [
    "document", "history", "location", "localStorage", "navigator", "matchMedia", "MutationObserver", "NodeFilter", "Node", "Element", "HTMLElement", "Event", "KeyboardEvent",
    "MouseEvent", "requestAnimationFrame", "cancelAnimationFrame",
  ] as const;
  for (const name of given) {
    const value: unknown = window[name];
    const isFunction = typeof value === "function" && !/^[A-Z]/.test(name);
    Object.defineProperty(globalThis, name, { value: isFunction ? (value as () => void).bind(window) : value, configurable: true, writable: true });
  }
  Object.assign(globalThis, { window, ResizeObserver: class { observe() {} unobserve() {} disconnect() {} } });
  Object.assign(window, { scrollTo: () => {} });
  Object.assign(window.Element.prototype, { scrollIntoView: () => {} });
  return window;
}
