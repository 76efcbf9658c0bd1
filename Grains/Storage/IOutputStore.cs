using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// What commands wrote to stdout and stderr, as append-only byte streams: two streams for each attempt to run a task.
/// Silos append what workers send while a command runs; <see cref="TaskReaderGrain"/> reads it for gateways and jobs.
/// Output of up to 16 KiB ends up in the attempt's stored result instead, and its streams are then deleted. An attempt
/// is named by its task, number and lease token together: an attempt that is put back before its start gives its number
/// to another attempt, which has another token. All methods throw <see cref="StoreUnavailableException"/> when the disk
/// refuses.
/// </summary>
public interface IOutputStore
{
    /// <summary>
    /// The number of parts into which <see cref="List"/> divides the tasks, by the last byte of their ids.
    /// </summary>
    const int Parts = 256;

    /// <summary>
    /// Writes bytes at an offset. Readers see them at once; they are durable after <see cref="Sync"/>. What the stream
    /// has already is not written again, so a repeat is harmless. A gap before the offset is refused with
    /// <see cref="ArgumentOutOfRangeException"/>.
    /// </summary>
    /// <remarks>
    /// After a restart of the service, the first piece for a stream cuts off what the stream has beyond the piece's
    /// offset, because nobody knows whether those bytes reached the disk. So a sender goes on from the first byte that
    /// was not acknowledged as synced.
    /// </remarks>
    Task Append(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Makes everything that was appended for an attempt durable. A sync that fails discards the bytes that no earlier
    /// sync covered: they must be appended again, including bytes that another caller appended. So each caller states
    /// how far it has appended: its own sync fails, too, when a stream is shorter than that. A stream that does not
    /// exist may have been deleted meanwhile, or be lost: some stores fail, and others do not check it.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="token">The attempt's token.</param>
    /// <param name="stdout">The least length of standard output, in bytes; 0 means no check.</param>
    /// <param name="stderr">The least length of standard error, in bytes; 0 means no check.</param>
    Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0);

    /// <summary>Returns the length of a stream in bytes, durable or not; 0 when the stream does not exist.</summary>
    Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream);

    /// <summary>
    /// Returns at most <paramref name="count"/> bytes from an offset; empty at the end or when the stream does not
    /// exist.
    /// </summary>
    Task<ReadOnlyMemory<byte>> Read(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count);

    /// <summary>
    /// Returns the attempts that have output, of the tasks in one part (0 to <see cref="Parts"/> - 1). The silo goes
    /// through part after part and deletes output that no stored attempt needs.
    /// </summary>
    Task<ImmutableArray<OutputFiles>> List(int part);

    /// <summary>Deletes both streams of an attempt. Does nothing when there are none.</summary>
    Task Delete(TaskId task, int attempt, LeaseToken token);

    /// <summary>Deletes the streams of all attempts of a task. Does nothing when there are none.</summary>
    Task Delete(TaskId task);
}
