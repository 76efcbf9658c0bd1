/** Marks each place where a text is found in an element, without changing the element; marks nothing where the browser cannot. */
export function mark(element: Element | null, find: string): void {
  if (typeof Highlight === "undefined")
    return;
  CSS.highlights.delete("found");
  if (!element || find === "")
    return;
  const wanted = find.toLowerCase();
  const ranges: Range[] = [];
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const text = node.nodeValue!.toLowerCase();
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      const range = new Range();
      // Lower case may be longer than the text.
      range.setStart(node, Math.min(at, node.nodeValue!.length));
      range.setEnd(node, Math.min(at + wanted.length, node.nodeValue!.length));
      ranges.push(range);
    }
  }
  CSS.highlights.set("found", new Highlight(...ranges));
}
