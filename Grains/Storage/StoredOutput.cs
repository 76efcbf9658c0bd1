using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Where an attempt's output is: in the row of its result, or in the <see cref="IOutputStore"/>.</summary>
/// <param name="Attempt">The attempt's number; 0, with all else empty, when the task has had none.</param>
/// <param name="Token">The token under which the output store has the attempt's output, if it has any.</param>
/// <param name="Ended">Whether the attempt has ended.</param>
/// <param name="Output">
/// The output in its stored result: the bytes themselves when it is inline, else how many the output store has. Null when no result is
/// stored, because the attempt still runs or was lost, and when the result had neither output nor figures. So null does not mean
/// that there is no output: the output store may have what came before.
/// </param>
/// <param name="Dropped">Whether retention has removed the bytes from the output store; Output still says how many there were.</param>
public sealed record StoredOutput(int Attempt, LeaseToken Token, bool Ended, AttemptOutput? Output, bool Dropped);
