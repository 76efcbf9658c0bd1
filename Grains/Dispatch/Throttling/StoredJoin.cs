using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// The answer that is stored with the idempotency key of a request that joined a task: a byte with which no gateway's
/// answer begins, the holder's id, and the id of the task that was not accepted.
/// </summary>
/// <param name="Holder">The task that the request joined.</param>
/// <param name="Asked">The id of the request's task, which was not accepted.</param>
internal readonly record struct StoredJoin(TaskId Holder, TaskId Asked)
{
    private const byte Mark = 0xff;
    private const int Length = 1 + (2 * TaskId.Size);

    /// <summary>Returns the stored form.</summary>
    public byte[] ToBytes()
    {
        var bytes = new byte[Length];
        bytes[0] = Mark;
        Holder.Write(bytes.AsSpan(1));
        Asked.Write(bytes.AsSpan(1 + TaskId.Size));
        return bytes;
    }

    /// <summary>Reads a stored answer; null if it is the answer of an accepted request.</summary>
    public static StoredJoin? Read(ReadOnlyMemory<byte> stored) =>
        stored is { Length: Length } && stored.Span[0] == Mark
            ? new StoredJoin(TaskId.Read(stored.Span[1..]), TaskId.Read(stored.Span[(1 + TaskId.Size)..]))
            : null;

    /// <summary>
    /// Returns the reply to a repeated request. The reply to a caller's repetition contains the stored answer; the
    /// reply to a gateway that sends its own request again does not.
    /// </summary>
    public SubmitReply ReplyTo(SubmitRequest request) => new(
        SubmitOutcome.Joined, request.Tasks[0].Id == Asked ? default(ReadOnlyMemory<byte>) : ToBytes(), Holder: Holder);
}
