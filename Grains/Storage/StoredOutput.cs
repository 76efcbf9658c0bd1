using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>Where an attempt's output is.</summary>
/// <param name="Attempt">The attempt's number; 0 when the task has not started.</param>
/// <param name="Token">The token that output outside the rows is filed under.</param>
/// <param name="Ended">Whether the attempt has ended.</param>
/// <param name="Output">
/// What it wrote, once its result is in; null before that, when it had no result, and when the result had nothing to say.
/// </param>
/// <param name="Dropped">Whether retention has removed the output outside the rows.</param>
public sealed record StoredOutput(int Attempt, LeaseToken Token, bool Ended, AttemptOutput? Output, bool Dropped);
