/** How a run of text looks: colours as palette numbers or #rrggbb, null for the default. */
export interface Style { fore: string | null; back: string | null; bold: boolean; dim: boolean; italic: boolean; under: boolean; inverse: boolean }

/** A sign in a style. Never changed, so that equal ones may be one. */
interface Cell { readonly sign: string; readonly style: Style }

/** Text of one style. */
export interface Run { text: string; style: Style }

export const plain: Style = { fore: null, back: null, bold: false, dim: false, italic: false, under: false, inverse: false };

/** What a control sequence may be at most; a longer one is text that only pretends. */
const longest = 256;

const mostKnown = 4096;

/**
 * Reads a terminal's output: colours (SGR), carriage return, backspace, tab and erase-line take effect. Other sequences, links and
 * titles included, are left out. Pieces may end anywhere.
 */
export class AnsiReader {
  private style: Style = plain;
  private cells: Cell[] = [];
  // The cell of each sign in the present style, since a long line has millions.
  private known = new Map<string, Cell>();
  private column = 0;
  private held = "";

  /** The lines that this piece completes. */
  feed(piece: string): Run[][] {
    const lines: Run[][] = [];
    const text = this.held + piece;
    this.held = "";
    for (let at = 0; at < text.length;) {
      const sign = String.fromCodePoint(text.codePointAt(at)!);
      if (sign === "\u001b" || sign === "\u009b") {
        const end = this.sequence(text, at);
        if (end < 0) {
          this.held = text.slice(at);
          break;
        }
        at = end;
        continue;
      }
      at += sign.length;
      this.put(sign, lines);
    }
    return lines;
  }

  /** The line that has not ended yet. */
  get current(): Run[] {
    return runsOf(this.cells);
  }

  private put(sign: string, lines: Run[][]): void {
    if (sign === "\n") {
      lines.push(runsOf(this.cells));
      this.cells = [];
      if (this.known.size > mostKnown)
        this.known.clear();
      this.column = 0;
    } else if (sign === "\r") {
      this.column = 0;
    } else if (sign === "\b") {
      this.column = Math.max(0, this.column - 1);
    } else if (sign === "\t") {
      do this.write(" "); while (this.column % 8 !== 0);
    } else {
      this.write(sign);
    }
  }

  private write(sign: string): void {
    let cell = this.known.get(sign);
    if (cell?.style !== this.style)
      this.known.set(sign, cell = { sign, style: this.style });
    this.cells[this.column++] = cell;
  }

  // The place after the sequence that begins here; -1 when more must come.
  private sequence(text: string, start: number): number {
    const isCsi = text[start] === "\u009b" || text[start + 1] === "[";
    const body = start + (text[start] === "\u009b" ? 1 : 2);
    if (text.length < body && text[start] !== "\u009b")
      return -1;
    if (isCsi) {
      const found = /^([0-9:;<=>?]*)([ -/]*)([@-~])/.exec(text.slice(body, body + longest));
      if (!found)
        return /^[0-9:;<=>?]*[ -/]*$/.test(text.slice(body, body + longest)) && text.length < body + longest ? -1 : body;
      this.control(found[1]!, found[3]!);
      return body + found[0].length;
    }
    if ("]PX^_".includes(text[start + 1]!)) {
      const bell = text.indexOf("\u0007", body);
      const end = text.indexOf("\u001b\\", body);
      const ends = [bell < 0 ? Infinity : bell + 1, end < 0 ? Infinity : end + 2];
      const first = Math.min(...ends);
      return Number.isFinite(first) ? first : text.length - body < longest * 16 ? -1 : body;
    }
    return start + ("()*+".includes(text[start + 1]!) ? 3 : 2);
  }

  private control(parameters: string, final: string): void {
    if (final === "m") {
      this.style = sgr(this.style, parameters);
    } else if (final === "K") {
      if (parameters === "1")
        for (let i = 0; i < this.column && i < this.cells.length; i++)
          this.cells[i] = { sign: " ", style: plain };
      else
        this.cells.length = parameters === "2" ? 0 : Math.min(this.cells.length, this.column);
    }
  }
}

/** The style after an SGR sequence. */
export function sgr(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map((text) => text === "" ? 0 : Number(text));
  let next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) next = { ...plain };
    else if (code === 1) next.bold = true;
    else if (code === 2) next.dim = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.under = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.dim = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.under = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code <= 37) next.fore = String(code - 30);
    else if (code === 39) next.fore = null;
    else if (code >= 40 && code <= 47) next.back = String(code - 40);
    else if (code === 49) next.back = null;
    else if (code >= 90 && code <= 97) next.fore = String(code - 82);
    else if (code >= 100 && code <= 107) next.back = String(code - 92);
    else if (code === 38 || code === 48) {
      const [color, used] = wide(codes.slice(i + 1));
      next[code === 38 ? "fore" : "back"] = color;
      i += used;
    }
  }
  return next;
}

// A colour of 256, or of red, green and blue, and how many codes say so.
function wide(codes: number[]): [string | null, number] {
  if (codes[0] === 5)
    return [palette(codes[1] ?? 0), 2];
  if (codes[0] === 2)
    return [hex(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), 4];
  return [null, codes.length];
}

function palette(number: number): string | null {
  if (!(number >= 0 && number <= 255))
    return null;
  if (number < 16)
    return String(number);
  if (number >= 232)
    return hex(...([0, 0, 0].map(() => 8 + (number - 232) * 10) as [number, number, number]));
  const step = (value: number) => value === 0 ? 0 : 55 + value * 40;
  const cube = number - 16;
  return hex(step(Math.floor(cube / 36)), step(Math.floor(cube / 6) % 6), step(cube % 6));
}

const hex = (...parts: [number, number, number]): string =>
  "#" + parts.map((part) => Math.min(255, Math.max(0, part | 0)).toString(16).padStart(2, "0")).join("");

function runsOf(cells: Cell[]): Run[] {
  const runs: Run[] = [];
  let signs: string[] = [];
  let style = plain;
  const end = () => {
    if (signs.length > 0)
      runs.push({ text: signs.join(""), style });
  };
  for (let i = 0; i < cells.length; i++) {
    const cell = cells[i] ?? blank;
    if (cell.style !== style) {
      end();
      signs = [];
      style = cell.style;
    }
    signs.push(cell.sign);
  }
  end();
  return runs;
}

// Where a line was never written.
const blank: Cell = { sign: " ", style: plain };
