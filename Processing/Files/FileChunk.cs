using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Processing.Files;

/// <summary>
/// Reads a chunk's part of a file. A part is a range of bytes and has the lines that begin in it.
/// Adjacent parts thus have every line exactly once, wherever they meet.
/// </summary>
public static class FileChunk
{
    private const int Step = 64 * 1024;
    private const int LongestLine = 16 << 20;

    /// <summary>Whether a chunk's items are a part of a file.</summary>
    public static bool IsOne(ItemFormat format) => format is ItemFormat.FileLines or ItemFormat.FileNdjson or ItemFormat.FileCsv;

    /// <summary>Reads the lines. Throws <see cref="FileChangedException"/> and <see cref="IOException"/>.</summary>
    /// <param name="input">The chunk: the first byte, the number of bytes, and the file.</param>
    /// <param name="open">Opens a file for reading; may throw <see cref="IOException"/>.</param>
    public static ChunkInput Load(in ChunkInput input, Func<string, SafeFileHandle> open)
    {
        var reader = new ByteReader(input.Segment.Span);
        var file = FilePart.Read(ref reader);
        using var handle = open(file.Path);
        if (RandomAccess.GetLength(handle) != file.Size || File.GetLastWriteTimeUtc(handle).Ticks != file.Modified)
            throw new FileChangedException();
        var lines = Lines(handle, input.First, input.First + input.Items);
        switch (input.Format)
        {
            case ItemFormat.FileNdjson:
                lines = Repaired(lines);
                return new ChunkInput(ItemFormat.Ndjson, input.First, Count(lines), lines);
            case ItemFormat.FileLines:
                lines = WithoutReturns(Repaired(lines));
                return new ChunkInput(ItemFormat.Text, input.First, Count(lines), lines);
            default:
                var first = Lines(handle, 0, 1);
                var header = new CsvHeader(Repaired(first).Span.TrimEnd("\r\n"u8));
                if (input.First == 0)
                    lines = lines[first.Length..];
                lines = WithoutReturns(Repaired(lines));
                return new ChunkInput(ItemFormat.Csv, input.First, Count(lines), lines) { Header = header };
        }
    }

    /// <summary>Returns the lines as valid UTF-8, with U+FFFD for invalid sequences; the length may change.</summary>
    private static ReadOnlyMemory<byte> Repaired(ReadOnlyMemory<byte> lines) =>
        Utf8.IsValid(lines.Span) ? lines : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(lines.Span));

    private static long Count(ReadOnlyMemory<byte> lines) => lines.Span.Count((byte)'\n');

    /// <summary>
    /// Returns the lines that begin at or after one byte and before another, each ended by a line feed.
    /// </summary>
    private static ReadOnlyMemory<byte> Lines(SafeFileHandle handle, long from, long to)
    {
        // The preceding byte shows whether a line begins exactly here.
        var start = Math.Max(0, from - 1);
        var length = checked((int)(to - start));
        // Has room for the rest of the last line, which would otherwise cost a copy of everything.
        var bytes = GC.AllocateUninitializedArray<byte>(length + Step);
        var used = Fill(handle, bytes.AsSpan(0, length), start);
        var begin = from == 0 ? 0 : bytes.AsSpan(0, used).IndexOf((byte)'\n') + 1;
        if (used == 0 || (from > 0 && begin == 0) || begin == used)
            return default;
        while (bytes[used - 1] != '\n')
        {
            var before = used;
            if (used - begin > LongestLine + (to - start))
                throw new IOException($"A line of the file has more than {LongestLine} bytes.");
            if (bytes.Length < used + Step)
                Array.Resize(ref bytes, used + Step);
            used += Fill(handle, bytes.AsSpan(used, Step), start + used);
            if (used == before)
            {
                bytes[used++] = (byte)'\n';
                break;
            }

            if (bytes.AsSpan(before, used - before).IndexOf((byte)'\n') is var end and >= 0)
                used = before + end + 1;
        }

        return bytes.AsMemory(begin, used - begin);
    }

    private static int Fill(SafeFileHandle handle, Span<byte> bytes, long at)
    {
        var used = 0;
        while (used < bytes.Length && RandomAccess.Read(handle, bytes[used..], at + used) is var read and > 0)
            used += read;
        return used;
    }

    private static ReadOnlyMemory<byte> WithoutReturns(ReadOnlyMemory<byte> lines)
    {
        if (lines.Span.IndexOf("\r\n"u8) < 0)
            return lines;
        var kept = new byte[lines.Length];
        var used = 0;
        var rest = lines.Span;
        for (var at = rest.IndexOf("\r\n"u8); at >= 0; at = rest.IndexOf("\r\n"u8))
        {
            rest[..at].CopyTo(kept.AsSpan(used));
            used += at;
            rest = rest[(at + 1)..];
        }

        rest.CopyTo(kept.AsSpan(used));
        return kept.AsMemory(0, used + rest.Length);
    }
}
