namespace OrleansTasks.Cli.Output;

/// <summary>
/// The streams for what tasks wrote, by default the process's own. It goes out byte for byte, except to a terminal, which only
/// sees it as <see cref="TerminalText"/> shows it, unless it is asked for raw.
/// </summary>
/// <param name="stdout">In place of standard output; null: the process's own.</param>
/// <param name="stderr">In place of standard error; null: the process's own.</param>
internal sealed class TaskOutput(Stream? stdout, Stream? stderr)
{
    /// <summary>What the help says about it.</summary>
    public const string Help = "print what tasks wrote to a terminal byte for byte, escape sequences included; "
        + "without it a terminal shows them as text. A file or pipe always gets every byte as it is";

    /// <summary>Standard output.</summary>
    public Stream OpenStdout(bool raw) => stdout ?? Open(Console.OpenStandardOutput(), raw || Console.IsOutputRedirected);

    /// <summary>Standard error.</summary>
    public Stream OpenStderr(bool raw) => stderr ?? Open(Console.OpenStandardError(), raw || Console.IsErrorRedirected);

    private static Stream Open(Stream stream, bool raw) => raw ? stream : new PlainStream(stream);
}
