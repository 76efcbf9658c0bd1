using System.Text.Json;
using OrleansTasks.Processing.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Jobs;

/// <summary>Lines of a posted stream that go to the job in one piece, each checked and without white space.</summary>
internal sealed class LineBlock
{
    /// <summary>A piece is sent when it has so many bytes.</summary>
    public const int Full = 256 * 1024;

    private const int ShortNumber = 18;
    private byte[] bytes = new byte[Full + (64 * 1024)];
    private int start;
    private int end;

    /// <summary>How many lines there are.</summary>
    public long Items { get; private set; }

    /// <summary>Whether it should be sent before more is added.</summary>
    public bool IsFull => end - start >= Full;

    /// <summary>A copy of the lines: the job keeps it.</summary>
    public ReadOnlyMemory<byte> CopyLines() => bytes.AsSpan(start, end - start).ToArray();

    /// <summary>
    /// Adds a line; nothing happens for an empty one. Throws <see cref="JsonException"/> when it is not one JSON value in UTF-8 in
    /// which no object has a name twice.
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
            end += JsonText.Minify(line, bytes.AsSpan(end));
        }

        bytes[end++] = (byte)'\n';
        Items++;
    }

    /// <summary>Takes the first lines away.</summary>
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

    /// <summary>Most lines of large streams are such; they need no parser.</summary>
    private static bool IsShortNumber(ReadOnlySpan<byte> line)
    {
        if (line.Length > ShortNumber || line[0] is not (>= (byte)'1' and <= (byte)'9'))
            return line is [(byte)'0'];
        return !line.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
