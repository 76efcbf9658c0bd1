import { useState } from "preact/hooks";
import { Problem } from "../api/problem";
import { signIn } from "../api/session";
import icon from "../icon.svg?no-inline";
import { tellSignedIn } from "../live/live";
import { refresh } from "../store/resource";
import { Button } from "../ui/parts";

/** Asks for a key, which is traded for a session cookie and kept nowhere. */
export function SignIn() {
  const [key, setKey] = useState("");
  const [fault, setFault] = useState("");
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await signIn(key.trim());
      tellSignedIn();
      refresh("");
    } catch (thrown) {
      const problem = Problem.from(thrown);
      setFault(problem?.status === 401 ? "This key is not valid." : problem?.message || problem?.title || "");
    }
  };
  return (
    <main class="sign-in">
      <h1><img src={icon} alt="" />OrleansTasks</h1>
      <form class="panel" onSubmit={submit}>
        <div class="body">
          <label class="field">Key
            <input type="password" autocomplete="off" value={key} required autofocus onInput={(event) => setKey(event.currentTarget.value)} />
            <span class="hint">This gateway needs a key. <code>otask key create --data DIR --scope read</code> makes one.</span>
          </label>
          {fault && <p class="state failed" role="alert">{fault}</p>}
          <Button type="submit" kind="main">Sign in</Button>
        </div>
      </form>
    </main>
  );
}
