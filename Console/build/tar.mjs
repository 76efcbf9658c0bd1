/** An archive in the ustar format, the same for the same entries: no times, no owners. */
export function tar(entries) {
  const blocks = [];
  for (const { name, data } of entries) {
    const header = Buffer.alloc(512);
    if (Buffer.byteLength(name) > 100)
      throw new Error(`the name ${name} is longer than an archive can hold`);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write("0000000\0", 108);
    header.write("0000000\0", 116);
    header.write(data.length.toString(8).padStart(11, "0") + " ", 124);
    header.write("00000000000 ", 136);
    header.write("        ", 148);
    header.write("0", 156);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(sum.toString(8).padStart(6, "0") + "\0 ", 148);
    blocks.push(header, data, Buffer.alloc((512 - data.length % 512) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
