namespace OrleansTasks.Cli.Output;

/// <summary>
/// The streams for the output of tasks, by default the process's own. Output is written byte for byte, except to a
/// terminal, which gets it as <see cref="TerminalText"/> shows it unless raw output is requested.
/// </summary>
/// <param name="stdout">Replaces standard output; null for the process's own.</param>
/// <param name="stderr">Replaces standard error; null for the process's own.</param>
internal sealed class TaskOutput(Stream? stdout, Stream? stderr)
{
    /// <summary>The help text of <c>--raw</c>.</summary>
    public const string Help = "write task output to a terminal byte for byte, including escape sequences; "
        + "by default, a terminal shows escape sequences as text. Files and pipes always get the exact bytes";

    /// <summary>Opens standard output.</summary>
    public Stream OpenStdout(bool raw) => stdout ?? Open(Console.OpenStandardOutput(), raw || Console.IsOutputRedirected);

    /// <summary>Opens standard error.</summary>
    public Stream OpenStderr(bool raw) => stderr ?? Open(Console.OpenStandardError(), raw || Console.IsErrorRedirected);

    private static Stream Open(Stream stream, bool raw) => raw ? stream : new PlainStream(stream);
}
