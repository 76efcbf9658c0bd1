namespace OrleansTasks.Worker.Processes;

/// <summary>Takes a running command's output as it is read.</summary>
public interface IOutputSink
{
    /// <summary>
    /// Takes the next kept bytes of a stream. Called on the thread that reads many commands' output: copy the bytes
    /// and return; never wait. Calls for one command come one after another, offsets of one stream without a gap.
    /// Bytes beyond <see cref="StartRequest.MaxOutputBytes"/> are not handed over. After an exception it is not
    /// called again and <see cref="ProcessOutcome.SinkFailure"/> carries it.
    /// </summary>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="offset">How many bytes of this stream came before.</param>
    /// <param name="bytes">The bytes, valid during the call only.</param>
    void Write(OutputStream stream, long offset, ReadOnlySpan<byte> bytes);

    /// <summary>
    /// Offered before <see cref="Write"/> what filled an array: true says that the sink has taken the bytes with their array, which is
    /// its own from then on, and <see cref="Write"/> does not bring them again. The same rules as there.
    /// </summary>
    /// <param name="stream">The stream that was written.</param>
    /// <param name="offset">How many bytes of this stream came before.</param>
    /// <param name="array">The bytes, all of them; from <see cref="System.Buffers.ArrayPool{T}.Shared"/>.</param>
    bool TryKeep(OutputStream stream, long offset, byte[] array) => false;

    /// <summary>
    /// Asked after each <see cref="Write"/>: true stops the reading of this command's output, so that the command
    /// waits in its writes, until <see cref="IRunningProcess.ResumeOutput"/>. What is in its pipes when it ends is
    /// still handed over.
    /// </summary>
    bool IsFull => false;

    /// <summary>
    /// Asked after each <see cref="Write"/>: true says that nobody waits for what comes next, so that a command's many small writes may
    /// be read together, a millisecond later.
    /// </summary>
    bool Gathers => false;

    /// <summary>
    /// Asked once, when a command has written much: true says that what is taken is sent on in large pieces, so that reading a command's
    /// output when there is much of it, at most a millisecond later, holds up nobody.
    /// </summary>
    bool TakesMuch => false;
}
