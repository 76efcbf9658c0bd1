import type { ComponentChildren } from "preact";

function Icon({ children, fill }: { children: ComponentChildren; fill?: boolean }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill={fill ? "currentColor" : "none"}
      stroke={fill ? "none" : "currentColor"} stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">{children}</svg>
  );
}

/** The icons of states, pages and actions. Each state has its own shape, so that it can be told without its colour. */
export const icons = {
  scheduled: () => <Icon><circle cx="8" cy="8" r="6" /><path d="M8 4.8V8l2.2 1.6" /></Icon>,
  queued: () => <Icon><path d="M3 4.5h10M3 8h10M3 11.5h10" /></Icon>,
  assigned: () => <Icon><path d="M10.5 3.2a5.5 5.5 0 1 0 2.8 6.2" /><path d="M8 8h6M11.8 5.8 14 8l-2.2 2.2" /></Icon>,
  running: () => <Icon fill><path d="M4.5 2.8v10.4c0 .5.5.8.9.5l7.8-5.2a.6.6 0 0 0 0-1L5.4 2.3c-.4-.3-.9 0-.9.5z" /></Icon>,
  succeeded: () => <Icon><path d="m3 8.6 3.2 3.2L13 4.6" /></Icon>,
  failed: () => <Icon><path d="M5.4 1.9h5.2l3.5 3.5v5.2l-3.5 3.5H5.4l-3.5-3.5V5.4z" /><path d="m5.8 5.8 4.4 4.4m0-4.4-4.4 4.4" /></Icon>,
  cancelled: () => <Icon><circle cx="8" cy="8" r="6" /><path d="m3.9 3.9 8.2 8.2" /></Icon>,
  overview: () => <Icon><rect x="2" y="2" width="5" height="5" rx="1" /><rect x="9" y="2" width="5" height="5" rx="1" /><rect x="2" y="9" width="5" height="5" rx="1" /><rect x="9" y="9" width="5" height="5" rx="1" /></Icon>,
  tasks: () => <Icon><path d="M6.5 4H14M6.5 8H14M6.5 12H14M2 4l.8.8L4.4 3M2 8l.8.8L4.4 7M2 12l.8.8L4.4 11" /></Icon>,
  jobs: () => <Icon><path d="m8 1.8 6 3-6 3-6-3z" /><path d="m2 8 6 3 6-3M2 11.2l6 3 6-3" /></Icon>,
  rollouts: () => <Icon><path d="M2 13v-2.5M6 13V8M10 13V5.5M14 13V3" /></Icon>,
  workflows: () => <Icon><rect x="1.5" y="6" width="4" height="4" rx="1" /><rect x="10.5" y="2" width="4" height="4" rx="1" /><rect x="10.5" y="10" width="4" height="4" rx="1" /><path d="M5.5 8c3.5 0 1.5-4 5-4M5.5 8c3.5 0 1.5 4 5 4" /></Icon>,
  schedules: () => <Icon><rect x="2" y="3" width="12" height="11" rx="1.5" /><path d="M2 6.5h12M5 1.5V4M11 1.5V4" /></Icon>,
  calendars: () => <Icon><rect x="2" y="3" width="12" height="11" rx="1.5" /><path d="M2 6.5h12M5 1.5V4M11 1.5V4M5 9h.01M8 9h.01M11 9h.01M5 11.5h.01M8 11.5h.01" /></Icon>,
  definitions: () => <Icon><rect x="2.5" y="2" width="11" height="12" rx="1.5" /><path d="M5 5.5h2M9 5.5h2M5 8h2M9 8h2M5 10.5h6" /></Icon>,
  queues: () => <Icon><path d="M2 4h8M2 8h12M2 12h5" /><circle cx="12.5" cy="4" r="1.5" /></Icon>,
  nodes: () => <Icon><rect x="2" y="2.5" width="12" height="4.5" rx="1" /><rect x="2" y="9" width="12" height="4.5" rx="1" /><path d="M4.8 4.8h.1M4.8 11.2h.1" /></Icon>,
  cluster: () => <Icon><circle cx="8" cy="3.5" r="2" /><circle cx="3.5" cy="12" r="2" /><circle cx="12.5" cy="12" r="2" /><path d="m7 5.3-2.5 5M9 5.3l2.5 5M5.5 12h5" /></Icon>,
  events: () => <Icon><path d="M1.5 8h3l2-5 3 10 2-5h3" /></Icon>,
  triggers: () => <Icon><path d="M2.5 8h7" /><path d="M7 5l3 3-3 3" /><path d="M9.5 2.5h4v11h-4" /></Icon>,
  notifications: () => <Icon><path d="M4 11V7a4 4 0 0 1 8 0v4l1 1.5H3z" /><path d="M6.8 14h2.4" /></Icon>,
  webhooks: () => <Icon><path d="M6.8 9.2a3 3 0 0 0 4.3 0l2-2a3 3 0 0 0-4.3-4.3l-.8.8" /><path d="M9.2 6.8a3 3 0 0 0-4.3 0l-2 2a3 3 0 0 0 4.3 4.3l.8-.8" /></Icon>,
  files: () => <Icon><path d="M9 1.8H4v12.4h8.5V5.3z" /><path d="M9 1.8v3.5h3.5" /></Icon>,
  keys: () => <Icon><circle cx="5" cy="11" r="2.8" /><path d="m7 9 6-6M10.5 5.5l2 2" /></Icon>,
  audit: () => <Icon><path d="M3.5 1.8h6l3 3v9.4h-9z" /><path d="M6 7.5h4M6 10.5h4" /></Icon>,
  api: () => <Icon><path d="m5 4.5-3.5 3.5L5 11.5M11 4.5 14.5 8 11 11.5M9.2 3 6.8 13" /></Icon>,
  star: () => <Icon><path d="m8 1.8 1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z" /></Icon>,
  starred: () => <Icon fill><path d="m8 1.8 1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5z" /></Icon>,
  search: () => <Icon><circle cx="7" cy="7" r="4.5" /><path d="m10.5 10.5 3.5 3.5" /></Icon>,
  plus: () => <Icon><path d="M8 3v10M3 8h10" /></Icon>,
  minus: () => <Icon><path d="M3 8h10" /></Icon>,
  close: () => <Icon><path d="m4 4 8 8m0-8-8 8" /></Icon>,
  pause: () => <Icon><path d="M5.5 3.5v9M10.5 3.5v9" /></Icon>,
  retry: () => <Icon><path d="M13.5 8a5.5 5.5 0 1 1-1.7-4" /><path d="M13.6 1.8v3h-3" /></Icon>,
  copy: () => <Icon><rect x="5.5" y="5.5" width="8" height="8" rx="1.2" /><path d="M10.5 3.2V3a1 1 0 0 0-1-1H3a1 1 0 0 0-1 1v6.5a1 1 0 0 0 1 1h.2" /></Icon>,
  more: () => <Icon fill><circle cx="3" cy="8" r="1.3" /><circle cx="8" cy="8" r="1.3" /><circle cx="13" cy="8" r="1.3" /></Icon>,
  up: () => <Icon><path d="m3.5 10 4.5-4.5 4.5 4.5" /></Icon>,
  down: () => <Icon><path d="m3.5 6 4.5 4.5L12.5 6" /></Icon>,
  next: () => <Icon><path d="m6 3.5 4.5 4.5L6 12.5" /></Icon>,
  warning: () => <Icon><path d="M8 2 1.8 13.2h12.4z" /><path d="M8 6.5v3M8 11.3h.01" /></Icon>,
  sun: () => <Icon><circle cx="8" cy="8" r="3" /><path d="M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13" /></Icon>,
  moon: () => <Icon><path d="M13.5 9.7A6 6 0 0 1 6.3 2.5a6 6 0 1 0 7.2 7.2z" /></Icon>,
  download: () => <Icon><path d="M8 2v8M4.8 7 8 10.2 11.2 7M2.5 13.5h11" /></Icon>,
};

export type IconName = keyof typeof icons;
