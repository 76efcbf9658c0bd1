using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Map;

/// <summary>One source of arguments: words of the command line, or a file.</summary>
/// <param name="Values">The arguments on the command line as <see cref="ByteText"/>; null for a file.</param>
/// <param name="File">The file; <c>-</c> for standard input.</param>
/// <param name="IsLinked">
/// Whether its arguments accompany those of the source before (<c>:::+</c>) instead of being combined with them.
/// </param>
internal sealed record ArgumentSource(IReadOnlyList<string>? Values, string? File, bool IsLinked)
{
    /// <summary>Reads the source. Throws <see cref="UsageException"/> if a file cannot be read.</summary>
    public IEnumerable<string> Read(bool areEndedByZero) =>
        Values ?? ArgumentRecords.Read(Open(File!), areEndedByZero);

    private static Stream Open(string file)
    {
        try
        {
            return file == "-" ? StandardInput.Open() : System.IO.File.OpenRead(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException(
                file == "-" ? $"The arguments cannot be read: {e.Message}" : $"Cannot read '{file}': {e.Message}");
        }
    }
}
