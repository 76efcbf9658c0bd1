using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Where the output of an attempt is: in the attempt's stored result, if it has at most 16 KiB, else in the
/// <see cref="IOutputStore"/>. <see cref="ITaskStore.FindOutput"/> returns it to the reader grain, which shows output,
/// and to the silo, which takes output from workers and deletes it.
/// </summary>
/// <remarks>
/// <code>
/// Output null                       no result is stored: read the output store, which has what was sent so far, if any
/// Output inline                     the bytes are in Output
/// Output not inline, not Dropped    the bytes are in the output store; Output says how many
/// Output not inline, Dropped        retention has removed the bytes; Output says how many there were
/// </code>
/// </remarks>
/// <param name="Attempt">The attempt's number; 0, with all else empty, when the task has had no attempt.</param>
/// <param name="Token">
/// The attempt's lease token, under which the output store has the attempt's output, if any.
/// </param>
/// <param name="Ended">
/// Whether the attempt has ended. Output of an attempt that was lost with its node may still arrive afterwards.
/// </param>
/// <param name="Output">
/// What the stored result says of the output. Null while the attempt runs, when it was lost, and when the worker
/// reported neither output nor used memory or processor time.
/// </param>
/// <param name="Dropped">Whether retention has removed the bytes from the output store.</param>
public sealed record StoredOutput(int Attempt, LeaseToken Token, bool Ended, AttemptOutput? Output, bool Dropped);
