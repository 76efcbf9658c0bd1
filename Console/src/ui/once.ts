import { useRef, useState } from "preact/hooks";

/** Does something unless what was begun before is still under way: a second press before the button is shown as busy must not start it twice. */
export function useOnce(): [once: (action: () => Promise<unknown>) => Promise<void>, isBusy: boolean] {
  const isUnderWay = useRef(false);
  const [isBusy, setBusy] = useState(false);
  const once = async (action: () => Promise<unknown>) => {
    if (isUnderWay.current)
      return;
    isUnderWay.current = true;
    setBusy(true);
    try {
      await action();
    } finally {
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  return [once, isBusy];
}
