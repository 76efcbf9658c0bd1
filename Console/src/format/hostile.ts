/** Characters that change how others are read, or that nobody sees: they are shown as tags. */
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/u;
const names: Record<number, string> = {
  0x202a: "LRE", 0x202b: "RLE", 0x202c: "PDF", 0x202d: "LRO", 0x202e: "RLO", 0x2066: "LRI", 0x2067: "RLI", 0x2068: "FSI",
  0x2069: "PDI", 0x200b: "ZWSP", 0x200c: "ZWNJ", 0x200d: "ZWJ", 0x200e: "LRM", 0x200f: "RLM", 0xfeff: "BOM", 0x1b: "ESC", 0x00ad: "SHY",
};

/** A piece of text: as it is, or the tag of a character that must not act. */
export interface Piece { text: string; tag: boolean }

/** Cuts text so that every character that hides or turns others becomes a tag. */
export function pieces(text: string): Piece[] {
  if (!unseen.test(text))
    return text === "" ? [] : [{ text, tag: false }];
  const found: Piece[] = [];
  let plain = "";
  let afterSign = false;
  for (const sign of text) {
    // What joins and varies pictures stays where it follows one, or emoji would fall apart.
    const keeps: boolean = afterSign && (sign === "\u200d" || sign === "\ufe0f");
    if (!keeps && unseen.test(sign)) {
      if (plain)
        found.push({ text: plain, tag: false });
      plain = "";
      found.push({ text: tagOf(sign.codePointAt(0)!), tag: true });
      afterSign = false;
    } else {
      plain += sign;
      afterSign = keeps || /\p{Extended_Pictographic}|\p{Emoji_Modifier}/u.test(sign);
    }
  }
  if (plain)
    found.push({ text: plain, tag: false });
  return found;
}

/** The same on one line without markup, for titles and the clipboard's preview. */
export const plainly = (text: string): string => pieces(text).map((piece) => piece.tag ? `[${piece.text}]` : piece.text).join("");

const tagOf = (code: number): string => names[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
