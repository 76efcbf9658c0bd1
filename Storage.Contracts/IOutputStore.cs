using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Output as append-only byte streams, two for each attempt. Output of up to 16 KiB moves to the stored result when the
/// attempt ends. The token tells an attempt from one that was put back before its start and passed on its number.
/// Methods throw <see cref="StoreUnavailableException"/>.
/// </summary>
public interface IOutputStore
{
    /// <summary>The number of parts for <see cref="List"/>, by the last byte of the task id.</summary>
    const int Parts = 256;

    /// <summary>
    /// Writes bytes at an offset. Readers see them at once; <see cref="Sync"/> makes them durable. Skips bytes that the
    /// stream has, so a repeat is harmless. Throws <see cref="ArgumentOutOfRangeException"/> on a gap.
    /// </summary>
    Task Append(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Makes an attempt's output durable. A failed sync discards all bytes that no sync covered, including those of
    /// other callers, so each caller states the least lengths (0: no check) and its sync fails if a stream is shorter.
    /// A missing stream was deleted or lost; some stores do not check that.
    /// </summary>
    Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0);

    /// <summary>Returns a stream's length in bytes, durable or not; 0 if it does not exist.</summary>
    Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream);

    /// <summary>Returns bytes at an offset; empty at the end or if the stream does not exist.</summary>
    Task<ReadOnlyMemory<byte>> Read(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count);

    /// <summary>Returns attempts with output in a part: the silo deletes output that no stored attempt needs.</summary>
    Task<ImmutableArray<OutputFiles>> List(int part);

    /// <summary>Deletes an attempt's streams, if any.</summary>
    Task Delete(TaskId task, int attempt, LeaseToken token);

    /// <summary>Deletes the streams of all attempts of a task, if any.</summary>
    Task Delete(TaskId task);
}
