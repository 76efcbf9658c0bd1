using OrleansTasks.Cli.Streams;

namespace OrleansTasks.Cli.Output;

/// <summary>
/// The streams for the output of tasks, by default the process's own. Output is written byte for byte, except to a
/// terminal, which gets it as <see cref="TerminalText"/> shows it unless raw output is requested.
/// </summary>
internal sealed class TaskOutput
{
    /// <summary>The help text of <c>--raw</c>.</summary>
    public const string Help = "write task output to a terminal byte for byte, including escape sequences; "
        + "by default, a terminal shows escape sequences as text. Files and pipes always get the exact bytes";

    private readonly Func<bool, Stream> stdout;
    private readonly Func<bool, Stream> stderr;

    /// <summary>Creates the process's own streams.</summary>
    public TaskOutput(StandardStreams streams)
    {
        stdout = isRaw => Open(new DescriptorStream(StandardDescriptors.Output), isRaw || !streams.IsOutputTerminal);
        stderr = isRaw => Open(streams.OpenErrors(), isRaw || !streams.IsErrorTerminal);
        Unread = streams.Unread;
    }

    /// <summary>Creates output that goes to other streams.</summary>
    public TaskOutput(Stream stdout, Stream stderr, CancellationToken unread = default)
    {
        Unread = unread;
        this.stdout = _ => stdout;
        this.stderr = _ => stderr;
    }

    /// <summary>Cancelled when nobody reads standard output any more.</summary>
    public CancellationToken Unread { get; }

    /// <summary>Opens standard output.</summary>
    public Stream OpenStdout(bool raw) => stdout(raw);

    /// <summary>Opens standard error.</summary>
    public Stream OpenStderr(bool raw) => stderr(raw);

    private static Stream Open(Stream stream, bool raw) => raw ? stream : new PlainStream(stream);
}
