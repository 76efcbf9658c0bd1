using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Output that is too large for a row, or not complete yet: append-only byte streams, two for each attempt. An attempt is named by its
/// task, number and token together, because a number can be given again under another token. All methods throw
/// <see cref="StoreUnavailableException"/> when the disk refuses.
/// </summary>
public interface IOutputStore
{
    /// <summary>How many parts <see cref="List"/> divides the tasks into, by the last byte of their ids.</summary>
    const int Parts = 256;

    /// <summary>
    /// Writes bytes at an offset. Repeating a piece is harmless; a piece that would leave a gap is refused with
    /// <see cref="ArgumentOutOfRangeException"/>. Readers see the bytes at once; they are durable after <see cref="Sync"/>.
    /// </summary>
    Task Append(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, ReadOnlyMemory<byte> bytes);

    /// <summary>
    /// Makes everything that was appended of an attempt durable; without output it does nothing. When it fails, what it did not make
    /// durable is gone and must be appended again. So a caller says up to where it has appended to each stream: if another caller's sync
    /// has failed meanwhile, and there are fewer bytes, this one fails too.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="attempt">The attempt's number.</param>
    /// <param name="token">The attempt's token.</param>
    /// <param name="stdout">How many bytes of standard output there must be, at least; 0: not checked.</param>
    /// <param name="stderr">As for standard output.</param>
    Task Sync(TaskId task, int attempt, LeaseToken token, long stdout = 0, long stderr = 0);

    /// <summary>How many bytes there are of a stream, durable or not; 0 when there are none.</summary>
    Task<long> Length(TaskId task, int attempt, LeaseToken token, OutputStream stream);

    /// <summary>At most <paramref name="count"/> bytes from an offset; empty at the end.</summary>
    Task<ReadOnlyMemory<byte>> Read(TaskId task, int attempt, LeaseToken token, OutputStream stream, long offset, int count);

    /// <summary>The attempts of which there is output in one part of all tasks, from 0 to <see cref="Parts"/> - 1.</summary>
    Task<ImmutableArray<OutputFiles>> List(int part);

    /// <summary>Removes what one attempt wrote; does nothing when there is nothing.</summary>
    Task Delete(TaskId task, int attempt, LeaseToken token);

    /// <summary>Removes what every attempt of a task wrote; does nothing when there is nothing.</summary>
    Task Delete(TaskId task);
}
