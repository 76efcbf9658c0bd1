using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Jobs;

/// <summary>A local file or standard input, whose lines are items for a job.</summary>
internal sealed class FeedSource : IAsyncDisposable
{
    private readonly string path;
    private readonly string format;
    private readonly Stream stream;

    private FeedSource(string path, string format, Stream stream) =>
        (this.path, this.format, this.stream) = (path, format, stream);

    /// <summary>The options of otask that name this source.</summary>
    public string Options =>
        $"--from {(path.All(IsPlain) ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'")}"
        + (format == ItemsContent.Lines ? " --lines" : format == ItemsContent.Csv ? " --format csv" : "");

    /// <summary>Whether the source is standard input.</summary>
    public bool IsInput => path == "-";

    /// <summary>
    /// Returns the format that <c>--format</c> and <c>--lines</c> name, a constant of <see cref="ItemsContent"/>. Throws
    /// <see cref="UsageException"/>.
    /// </summary>
    public static string FormatOf(string? format, bool lines) => (format, lines) switch
    {
        (null, _) => lines ? ItemsContent.Lines : ItemsContent.Ndjson,
        (not ItemsContent.Lines, true) => throw new UsageException($"--lines and --format {format} name two formats."),
        (ItemsContent.Lines or ItemsContent.Ndjson or ItemsContent.Csv, _) => format,
        _ => throw UsageException.OfValue("--format", format, "lines, ndjson or csv"),
    };

    /// <summary>
    /// Opens a file, or standard input for -, with items in a format. Throws <see cref="UsageException"/>.
    /// </summary>
    public static FeedSource Open(string path, string format)
    {
        try
        {
            return new FeedSource(path, format, path == "-" ? StandardInput.Open() : File.OpenRead(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--from: cannot read '{path}': {e.Message}");
        }
    }

    /// <summary>Returns the items, to be read once.</summary>
    public ItemsContent Items() => new(stream, format);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static bool IsPlain(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || "/._-+:@%,".Contains(letter, StringComparison.Ordinal);
}
