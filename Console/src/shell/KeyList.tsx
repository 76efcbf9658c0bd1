import { Dialog } from "../ui/confirm";
import { keyList, keysOpen } from "./keys";

/** The list of keys. */
export function Keys() {
  if (!keysOpen.value)
    return null;
  return (
    <Dialog title="Keys" close={() => keysOpen.value = false}>
      <div class="keys">{keyList.map(([keys, meaning]) => <><kbd>{keys}</kbd><span>{meaning}</span></>)}</div>
    </Dialog>
  );
}
