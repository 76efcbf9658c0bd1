using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Output as append-only byte streams for each attempt: two of bytes, and the marks about them. Output of up to 16 KiB moves to the stored result when the
/// attempt ends. The token distinguishes attempts with the same number: one given back before its start, and the next.
/// All methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IOutputStore
{
    /// <summary>
    /// The number of parts that <see cref="List"/> can read: one for each value of the last byte of the task id.
    /// </summary>
    const int Parts = 256;

    /// <summary>
    /// Writes bytes at an offset. Readers see them at once; <see cref="Sync"/> makes them durable. Skips bytes that the
    /// stream already has, so a call can be repeated. Throws <see cref="ArgumentOutOfRangeException"/> on a gap.
    /// </summary>
    Task Append(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Makes an attempt's output durable. A failed sync discards all bytes that no sync has covered, including those of
    /// other callers. Marks need not be durable. Each caller therefore passes the minimum lengths that it expects (0: no check), and its sync
    /// fails if a stream is shorter. Some stores do not check a missing stream, which was deleted or lost.
    /// </summary>
    Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0);

    /// <summary>Returns a stream's length in bytes, durable or not; 0 if it does not exist.</summary>
    Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream);

    /// <summary>Returns bytes at an offset; empty at the end or if the stream does not exist.</summary>
    Task<ReadOnlyMemory<byte>> Read(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count);

    /// <summary>
    /// Returns the attempts with output in a part. The silo deletes output that no stored attempt needs.
    /// </summary>
    Task<ImmutableArray<OutputFiles>> List(int part);

    /// <summary>Deletes an attempt's streams, if any.</summary>
    Task Delete(TaskId task, int attempt, LeaseToken token);

    /// <summary>Deletes the streams of all attempts of a task, if any.</summary>
    Task Delete(TaskId task);
}
