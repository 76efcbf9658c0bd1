import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { needsKey } from "../api/client";
import { Problem } from "../api/problem";
import { session, signOut } from "../api/session";
import { tick, utc, ago, stamp } from "../format/time";
import icon from "../icon.svg?no-inline";
import { lastSeen, liveness, resumed, setPaused } from "../live/live";
import { match, place } from "../router";
import { useAttention } from "../ui/AttentionList";
import { Button, Empty, Head, Icon, Loading, ProblemBox, Text } from "../ui/parts";
import { Confirmation } from "../ui/confirm";
import { Toasts } from "../ui/toast";
import { Keys } from "./KeyList";
import { paletteOpen } from "./keys";
import { Palette } from "./Palette";
import { isAt, navigation, pageKey, routes } from "./routes";
import { SignIn } from "./SignIn";
import { pageTitle } from "./title";
import { isDark, switchTheme, theme } from "./theme";

/** The frame around every page. */
export function Shell() {
  if (needsKey.value)
    return <SignIn />;
  return (
    <div class="shell">
      <a class="skip" href="#page" target="_self">Skip to the page</a>
      <Side />
      <div class="content">
        <Top />
        <Cut />
        <main id="page" tabIndex={-1} class="page" key={pageKey(place.value)}><Guarded><Page /></Guarded></main>
      </div>
      <Bottom />
      {paletteOpen.value && <Palette />}
      <Keys />
      <Confirmation />
      <Toasts />
    </div>
  );
}

function Side() {
  const path = place.value.path;
  return (
    <nav class="side" aria-label="Pages">
      <a class="brand" href="/"><img src={icon} alt="" /><span>OrleansTasks</span></a>
      {navigation.map(([group, pages]) => (
        <div key={group}>
          {group && <h3>{group}</h3>}
          {pages.map(([link, title, picture]) => (
            <a class="nav" key={link} href={link} aria-current={isAt(link, path) ? "page" : undefined} title={title}>
              <Icon name={picture} /><span>{title}</span>{link === "/" && <Count />}</a>
          ))}
        </div>
      ))}
      <div class="foot small soft">
        {session.value?.name && <p><Text>{session.value.name}</Text> <Button kind="bare" onClick={signOut}>Sign out</Button></p>}
        <p><kbd>?</kbd> lists the keys</p>
      </div>
    </nav>
  );
}

/** How much needs attention, beside the overview and in the title, which begins with what the page shows. */
function Count() {
  // The frame stays whatever the gateway answers.
  const count = useAttention().data?.items?.length ?? 0;
  const title = pageTitle.value;
  useEffect(() => { document.title = `${count > 0 ? `(${count}) ` : ""}${title ? `${title} · ` : ""}OrleansTasks`; }, [count, title]);
  return count > 0 ? <span class="count" title={`${count} ${count === 1 ? "thing needs" : "things need"} attention`}>{count}</span> : null;
}

function Top() {
  return (
    <header class="top">
      <button type="button" class="find" onClick={() => paletteOpen.value = true}>
        <Icon name="search" /><span>Find anything</span><kbd>Ctrl K</kbd></button>
      <span class="grow" />
      <Live />
      <Button kind="bare" onClick={() => utc.value = !utc.value} title="Time zone of what is shown (z)">{utc.value ? "UTC" : "Local"}</Button>
      <Button kind="bare" icon={theme.value && isDark() ? "sun" : "moon"} label="Light or dark" title="Light or dark" onClick={switchTheme} />
    </header>
  );
}

/** While the gateway cannot be reached, the whole window says so. */
function Cut() {
  return liveness.value !== "stale" ? null : (
    <div class="cut" role="alert"><Icon name="warning" />No connection to the gateway since {stamp(lastSeen.value)}. This page may be out of date; the console keeps trying.</div>
  );
}

/** Says whether what is shown is what is. */
function Live() {
  const state = liveness.value;
  tick.value;
  const text = {
    live: resumed.value || "live", connecting: "connecting", paused: "paused", late: `late ${ago(lastSeen.value, Date.now()).replace(" ago", "")}`,
    stale: `stale since ${stamp(lastSeen.value)}, trying again`,
  }[state];
  return (
    <button type="button" class={`live ${state}`} onClick={() => setPaused(state !== "paused")} title="Freeze the page, or go on (p)">
      <i /><span role="status">{text}</span></button>
  );
}

/** What fails in a page stays in the page: it says so, and the frame leads elsewhere. */
function Guarded({ children }: { children: ComponentChildren }) {
  const [failure, again] = useErrorBoundary() as [Error | undefined, () => void];
  return !failure ? <>{children}</> : (
    <>
      <Head title="This page cannot be shown" />
      <ProblemBox problem={new Problem(0, "page-failed", "The gateway answered something that this page cannot show", String(failure.message))} retry={again} />
    </>
  );
}

function Page() {
  const path = place.value.path;
  const [found, setFound] = useState<{ page: ComponentType<Record<string, string>>; params: Record<string, string> } | "missing" | "broken" | null>(null);
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let current = true;
    for (const [pattern, load] of routes) {
      const params = match(pattern, path);
      if (!params)
        continue;
      load().then(({ default: page }) => current && setFound({ page, params }), () => current && setFound("broken"));
      return () => { current = false; };
    }
    setFound("missing");
    return undefined;
  }, [path, again]);
  // Loads a broken page again once the gateway is back.
  const isBack = liveness.value === "live";
  useEffect(() => { if (isBack && found === "broken") setAgain(again + 1); }, [isBack, found === "broken"]);
  if (found === null)
    return <Loading rows={6} />;
  if (found === "missing")
    return <><Head title="Not found" /><Empty title="There is no page at this address"><a href="/">Go to the overview</a></Empty></>;
  if (found === "broken")
    return <><Head title="Not loaded" /><Empty title="This page could not be loaded"><Button icon="retry" onClick={() => window.location.reload()}>Load it again</Button></Empty></>;
  return <found.page {...found.params} />;
}

function Bottom() {
  const path = place.value.path;
  return (
    <nav class="bottom" aria-label="Pages">
      <a href="/" aria-current={isAt("/", path) ? "page" : undefined}><Icon name="overview" />Overview</a>
      <a href="/ui/tasks" aria-current={isAt("/ui/tasks", path) ? "page" : undefined}><Icon name="tasks" />Tasks</a>
      <button type="button" onClick={() => paletteOpen.value = true}><Icon name="search" />Search</button>
      <button type="button" onClick={() => paletteOpen.value = true}><Icon name="more" />More</button>
    </nav>
  );
}
