namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// How a chunk ended, as its worker tells it and the store keeps it: the partial, or why there is none.
/// </summary>
/// <param name="Bytes">The partial's bytes; empty when it failed.</param>
/// <param name="Code">Why it failed, a stable word; null when it did not.</param>
/// <param name="Message">Why it failed, in words.</param>
/// <param name="Error">The item that it failed of, if it was one.</param>
public sealed record ChunkReport(ReadOnlyMemory<byte> Bytes, string? Code, string? Message, ItemError? Error)
{
    /// <summary>
    /// The most bytes of a report and of what its chunk collects, together: with what is around them they fit into a message of the
    /// worker plane, which has 16 MiB.
    /// </summary>
    public const int Most = 15 << 20;

    private const int LongestCode = 64;
    private const int LongestMessage = 4_000;
    private const byte Done = 0;
    private const byte Failed = 1;

    /// <summary>The report of a partial.</summary>
    public static byte[] Of(Partial partial)
    {
        var writer = new ByteWriter();
        writer.Byte(Done);
        partial.Write(writer);
        return writer.ToArray();
    }

    /// <summary>The report of a failure.</summary>
    public static byte[] OfFailure(string code, string message, ItemError? error)
    {
        var writer = new ByteWriter();
        writer.Byte(Failed);
        writer.Text(code);
        writer.Text(message);
        writer.Flag(error is not null);
        error?.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Reads a report; throws <see cref="FormatException"/>.</summary>
    public static ChunkReport Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new ByteReader(bytes.Span);
        if (reader.Byte() == Done)
            return new ChunkReport(bytes[1..], null, null, null);
        var (code, message) = (reader.Text() ?? "chunk-failed", reader.Text());
        return new ChunkReport(default, Shorten(code, LongestCode), message is null ? null : Shorten(message, LongestMessage), reader.Flag() ? ItemError.Read(ref reader) : null);
    }

    internal static string Shorten(string text, int most) => text.Length <= most ? text : text[..most] + "…";
}
