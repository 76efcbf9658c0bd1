namespace OrleansTasks.Cli.Jobs;

/// <summary>A local file or standard input, whose lines are items for a job.</summary>
internal sealed class FeedSource : IAsyncDisposable
{
    private readonly string path;
    private readonly bool lines;
    private readonly Stream stream;

    private FeedSource(string path, bool lines, Stream stream) => (this.path, this.lines, this.stream) = (path, lines, stream);

    /// <summary>The options of otask that name this source.</summary>
    public string Options => $"--from {(path.All(IsPlain) ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'")}"
        + (lines ? " --lines" : "");

    /// <summary>Whether the source is standard input.</summary>
    public bool IsInput => path == "-";

    /// <summary>
    /// Opens a file, or standard input for -. With <paramref name="lines"/>, every line is a text item. Throws
    /// <see cref="UsageException"/>.
    /// </summary>
    public static FeedSource Open(string path, bool lines)
    {
        try
        {
            return new FeedSource(path, lines, path == "-" ? Console.OpenStandardInput() : File.OpenRead(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"--from: cannot read '{path}': {e.Message}");
        }
    }

    /// <summary>Returns the items, to be read once.</summary>
    public ItemsContent Items() => new(stream, lines);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static bool IsPlain(char letter) => char.IsAsciiLetterOrDigit(letter) || "/._-+:@%,".Contains(letter, StringComparison.Ordinal);
}
