namespace OrleansTasks.Worker.Processes;

/// <summary>Receives a running command's output as it is read.</summary>
public interface IOutputSink
{
    /// <summary>
    /// Receives the next kept bytes of a stream. It is called on a thread that reads many commands' output, so copy the
    /// bytes and return; never wait. Calls for one command do not overlap, and the offsets of a stream have no gaps.
    /// Bytes beyond <see cref="StartRequest.MaxOutputBytes"/> are not passed on.
    /// After an exception it is not called again, and <see cref="ProcessOutcome.SinkFailure"/> holds the exception.
    /// </summary>
    /// <param name="stream">The stream that the bytes come from.</param>
    /// <param name="offset">The number of earlier bytes of this stream.</param>
    /// <param name="bytes">The bytes, valid only during the call.</param>
    void Write(StandardStream stream, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Offers an array that was filled completely, before <see cref="Write"/> is called for it. True means that the
    /// sink keeps the array and owns it; <see cref="Write"/> then does not get these bytes. The rules of
    /// <see cref="Write"/> apply.
    /// </summary>
    /// <param name="stream">The stream that the bytes come from.</param>
    /// <param name="offset">The number of earlier bytes of this stream.</param>
    /// <param name="array">
    /// The bytes, which fill the array; from <see cref="System.Buffers.ArrayPool{T}.Shared"/>.
    /// </param>
    bool TryKeep(StandardStream stream, long offset, byte[] array) => false;

    /// <summary>
    /// Receives how far the command has come, as it says in a line of its output (<see cref="ProgressLines"/>), also
    /// beyond <see cref="StartRequest.MaxOutputBytes"/>. The rules of <see cref="Write"/> apply.
    /// </summary>
    /// <param name="hundredths">The progress in hundredths of a percent.</param>
    /// <param name="message">What the command is doing; empty for nothing.</param>
    void Report(int hundredths, string message)
    {
    }

    /// <summary>
    /// Whether to stop reading this command's output, so that its writes block, until
    /// <see cref="IRunningProcess.ResumeOutput"/>. Checked after each <see cref="Write"/>. What is in the pipes when
    /// the command ends is still passed on.
    /// </summary>
    bool IsFull => false;

    /// <summary>
    /// Whether no reader waits for the next bytes, so that many small writes may be read together, a millisecond later.
    /// Checked after each <see cref="Write"/>.
    /// </summary>
    bool Gathers => false;

    /// <summary>
    /// Whether the sink forwards output in large pieces. If so, much output may be read at once, up to a millisecond
    /// late, without delaying any reader. Checked once, when a command has written much.
    /// </summary>
    bool TakesMuch => false;
}
