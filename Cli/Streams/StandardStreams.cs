using System.Text;

namespace OrleansTasks.Cli.Streams;

/// <summary>
/// The process's standard streams. Must be opened before anything else opens a file or uses the console.
/// </summary>
internal sealed class StandardStreams : IDisposable
{
    private readonly CancellationTokenSource unread = new();
    private readonly MessageStream messages;

    private StandardStreams(bool hasOutput, bool hasErrors)
    {
        (HasOutput, HasErrors) = (hasOutput, hasErrors);
        messages = new MessageStream(isClosed: !hasErrors);
        Errors = new StreamWriter(messages, new UTF8Encoding(false)) { AutoFlush = true };
        var writer = IsOutputTerminal
            ? new TerminalWriter()
            : new StreamWriter(new DescriptorStream(StandardDescriptors.Output), new UTF8Encoding(false));
        writer.AutoFlush = true;
        Output = writer;
        Unread = unread.Token;
    }

    /// <summary>Whether the process has a standard output; if not, <see cref="Output"/> must not be used.</summary>
    public bool HasOutput { get; }

    /// <summary>Whether the process has a standard error.</summary>
    public bool HasErrors { get; }

    /// <summary>Standard output. Throws <see cref="OutputLostException"/> if it cannot be written.</summary>
    public TextWriter Output { get; }

    /// <summary>Standard error, for otask's own messages. Messages that cannot be written are lost.</summary>
    public TextWriter Errors { get; }

    /// <summary>
    /// Cancelled when nobody reads standard output any more, which is noticed even while nothing is written.
    /// </summary>
    public CancellationToken Unread { get; }

    /// <summary>Whether standard output is a terminal.</summary>
    public bool IsOutputTerminal => HasOutput && StandardDescriptors.IsTerminal(StandardDescriptors.Output);

    /// <summary>Whether standard error is a terminal.</summary>
    public bool IsErrorTerminal => HasErrors && StandardDescriptors.IsTerminal(StandardDescriptors.Errors);

    /// <summary>Opens the streams.</summary>
    public static StandardStreams Open()
    {
        var streams = new StandardStreams(
            !StandardDescriptors.WasClosed(StandardDescriptors.Output),
            !StandardDescriptors.WasClosed(StandardDescriptors.Errors));
        StandardInput.Look();
        StandardDescriptors.Reserve();
        if (streams.HasOutput)
            streams.WatchReader();
        return streams;
    }

    /// <summary>Returns standard error for the output of tasks; without one, what is written is lost.</summary>
    public Stream OpenErrors() => HasErrors ? new DescriptorStream(StandardDescriptors.Errors) : Stream.Null;

    /// <summary>Lets a message through although nobody reads standard output any more.</summary>
    public void Speak() => messages.Speak();

    /// <inheritdoc/>
    public void Dispose() => unread.Dispose();

    private void WatchReader() => new Thread(() =>
    {
        if (!StandardDescriptors.WaitUntilUnread(StandardDescriptors.Output))
            return;
        messages.Silence();
        _ = unread.CancelAsync();
    })
    {
        IsBackground = true, Name = "reader of standard output",
    }.Start();
}
