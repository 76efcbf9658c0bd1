namespace OrleansTasks.Processing.Chunks;

/// <summary>
/// The end of a chunk, as its worker reports it and the store keeps it: the partial, or why there is none.
/// </summary>
/// <param name="Bytes">The bytes of the partial; empty if the chunk failed.</param>
/// <param name="Code">The cause of the failure as a stable code; null if there is none.</param>
/// <param name="Message">The cause of the failure as a sentence.</param>
/// <param name="Error">The item that made the chunk fail, if any.</param>
public sealed record ChunkReport(ReadOnlyMemory<byte> Bytes, string? Code, string? Message, ItemError? Error)
{
    /// <summary>
    /// The maximum size of a report together with its collected results, in bytes.
    /// With their envelope, they fit into a message of the worker plane, whose limit is 16 MiB.
    /// </summary>
    public const int Most = 15 << 20;

    private const int LongestCode = 64;
    private const int LongestMessage = 4_000;
    private const byte Done = 0;
    private const byte Failed = 1;

    /// <summary>Returns the report of a partial.</summary>
    public static byte[] Of(Partial partial)
    {
        var writer = new ByteWriter();
        writer.Byte(Done);
        partial.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Returns the report of a failure.</summary>
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

    /// <summary>Reads a report. Throws <see cref="FormatException"/> if it is malformed.</summary>
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
