/** A colour as red, green and blue from 0 to 255. */
type Colour = [number, number, number];

/** The colour, moved towards black or white until text in it has a contrast of 4.5 on the background. */
export function readable(colour: string, background: string): string {
  const back = parse(background);
  let fore = parse(colour);
  const target: Colour = luminance(back) > 0.18 ? [0, 0, 0] : [255, 255, 255];
  for (let step = 0; step < 20 && contrast(fore, back) < 4.5; step++)
    fore = fore.map((part, i) => part + (target[i]! - part) * 0.15) as Colour;
  return "#" + fore.map((part) => Math.round(part).toString(16).padStart(2, "0")).join("");
}

/** The contrast of two colours as WCAG 2 counts it, from 1 to 21. */
export function contrast(one: Colour, other: Colour): number {
  const [bright, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

export function parse(colour: string): Colour {
  const number = parseInt(colour.slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Colour;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
