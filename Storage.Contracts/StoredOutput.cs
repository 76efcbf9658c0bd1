using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// Where an attempt's output is (<see cref="ITaskStore.FindOutput"/>). <c>Attempt</c> is 0 if the task has had none. If
/// an attempt was lost with its node, output may still arrive after its end.
/// </summary>
/// <remarks>
/// <code>
/// Output null         running, lost, or nothing reported: the output store has what the worker sent
/// inline              the bytes are in Output (at most 16 KiB)
/// not inline          the bytes are in the output store; Output says how many
/// not inline, Dropped retention has removed the bytes; Output says how many there were
/// </code>
/// </remarks>
public sealed record StoredOutput(int Attempt, LeaseToken Token, bool Ended, AttemptOutput? Output, bool Dropped);
