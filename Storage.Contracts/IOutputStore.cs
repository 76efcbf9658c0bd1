using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// The output of each attempt as append-only streams of bytes: stdout, stderr and their arrival marks. Output of up to
/// 16 KiB moves to the stored result when the attempt ends. The token distinguishes attempts with the same number: one
/// given back before its start, and the next.
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
    /// Makes an attempt's stdout and stderr durable; arrival marks need not be. A failed sync discards all bytes that
    /// no sync has covered, including those of other callers. Each caller therefore passes the lengths that it relies
    /// on, and its sync fails if a stream is shorter. Some stores do not check a stream that does not exist, because it
    /// was deleted or lost.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="token">The attempt's token.</param>
    /// <param name="stdout">The minimum length of stdout; 0 for no check.</param>
    /// <param name="stderr">The minimum length of stderr; 0 for no check.</param>
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
