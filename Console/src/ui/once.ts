import { useRef, useState } from "preact/hooks";

/** Runs an action unless an earlier one is still under way: a second press must not start it twice before the button is disabled. */
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
