namespace OrleansTasks.Cli.Output;

/// <summary>
/// The process's own output streams for what tasks wrote. It goes out byte for byte, except to a terminal, which only sees
/// it as <see cref="TerminalText"/> shows it, unless it is asked for raw.
/// </summary>
internal static class TaskOutput
{
    /// <summary>What the help says about it.</summary>
    public const string Help = "print what tasks wrote to a terminal byte for byte, escape sequences included; "
        + "without it a terminal shows them as text. A file or pipe always gets every byte as it is";

    /// <summary>Standard output.</summary>
    public static Stream OpenStdout(bool raw) => Open(Console.OpenStandardOutput(), raw || Console.IsOutputRedirected);

    /// <summary>Standard error.</summary>
    public static Stream OpenStderr(bool raw) => Open(Console.OpenStandardError(), raw || Console.IsErrorRedirected);

    private static Stream Open(Stream stream, bool raw) => raw ? stream : new PlainStream(stream);
}
