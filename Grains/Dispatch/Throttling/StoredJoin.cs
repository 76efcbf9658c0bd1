using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Throttling;

/// <summary>
/// What is stored with the idempotency key of a request that joined a task: a byte that no gateway's answer begins
/// with, the holder's id, the request's id.
/// </summary>
/// <param name="Holder">The task that took the new one's place.</param>
/// <param name="Asked">The id of the new task, which was not accepted.</param>
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
    /// Returns the reply to a repetition. It has the stored answer, as the reply to every repetition by a caller,
    /// unless the gateway repeats its own request.
    /// </summary>
    public SubmitReply ReplyTo(SubmitRequest request) => new(
        SubmitOutcome.Joined, request.Tasks[0].Id == Asked ? default(ReadOnlyMemory<byte>) : ToBytes(), Holder: Holder);
}
