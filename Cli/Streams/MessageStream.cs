namespace OrleansTasks.Cli.Streams;

/// <summary>
/// Writes otask's own messages to standard error. Messages that it does not take are lost, as with other programs: there
/// is nowhere else to report them.
/// </summary>
internal sealed class MessageStream : WriteOnlyStream
{
    private readonly bool isClosed;
    private volatile bool isQuiet;

    /// <summary>Creates the stream.</summary>
    /// <param name="isClosed">Whether the process has no standard error.</param>
    public MessageStream(bool isClosed) => isQuiet = this.isClosed = isClosed;

    /// <summary>Suppresses messages from now on.</summary>
    public void Silence() => isQuiet = true;

    /// <summary>Ends the silence, if there is a standard error.</summary>
    public void Speak() => isQuiet = isClosed;

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (isQuiet)
            return;
        try
        {
            StandardDescriptors.Write(StandardDescriptors.Errors, buffer);
        }
        catch (OutputLostException)
        {
            Silence();
        }
    }
}
