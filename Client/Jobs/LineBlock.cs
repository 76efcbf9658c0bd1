using System.Text.Json;
using OrleansTasks.Processing.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Jobs;

/// <summary>
/// A buffer of lines from a posted stream, which are sent to the job together. Each line is checked, and the whitespace
/// between its tokens is removed.
/// </summary>
internal sealed class LineBlock
{
    /// <summary>The size in bytes at which the block counts as full.</summary>
    public const int Full = 256 * 1024;

    /// <summary>Maximum digits of a number that is added without parsing. Any such number fits in 64 bits.</summary>
    private const int ShortNumber = 18;
    private byte[] bytes = new byte[Full + (64 * 1024)];
    private int start;
    private int end;

    /// <summary>The number of lines in the block.</summary>
    public long Items { get; private set; }

    /// <summary>Whether the block should be sent before another line is added.</summary>
    public bool IsFull => end - start >= Full;

    /// <summary>Copies the lines, because the job keeps them and this buffer is reused.</summary>
    public ReadOnlyMemory<byte> CopyLines() => bytes.AsSpan(start, end - start).ToArray();

    /// <summary>
    /// Adds a line; ignores an empty line. Throws <see cref="JsonException"/> if the line is not exactly one JSON value
    /// in UTF-8, or if an object in it has a duplicate name.
    /// </summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        line = line.Trim(" \t\r"u8);
        if (line.IsEmpty)
            return;
        if (bytes.Length - end < line.Length + 1)
            Array.Resize(ref bytes, Math.Max(2 * bytes.Length, end + line.Length + 1));
        if (IsShortNumber(line))
        {
            line.CopyTo(bytes.AsSpan(end));
            end += line.Length;
        }
        else
        {
            Check(line);
            end += RawJson.Minify(line, bytes.AsSpan(end));
        }

        bytes[end++] = (byte)'\n';
        Items++;
    }

    /// <summary>Removes the given number of lines from the front, which the job has accepted.</summary>
    public void Remove(long items)
    {
        Items -= items;
        if (Items == 0)
            (start, end) = (0, 0);
        for (; items > 0 && Items > 0; items--)
            start += bytes.AsSpan(start, end - start).IndexOf((byte)'\n') + 1;
    }

    private static void Check(ReadOnlySpan<byte> line)
    {
        var errors = new SpecErrors();
        var reader = new StrictReader(line, errors);
        reader.Read();
        reader.Skip();
        reader.Finish();
    }

    /// <summary>
    /// Returns whether the line is an integer of at most <see cref="ShortNumber"/> digits. Most lines of large streams
    /// are, and such a line is valid JSON without parsing.
    /// </summary>
    private static bool IsShortNumber(ReadOnlySpan<byte> line)
    {
        if (line.Length > ShortNumber || line[0] is not (>= (byte)'1' and <= (byte)'9'))
            return line is [(byte)'0'];
        return !line.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
