using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>An attempt of which the <see cref="IOutputStore"/> has output; the output of both streams counts as one.</summary>
/// <param name="Task">The task.</param>
/// <param name="Attempt">The attempt's number.</param>
/// <param name="Token">The token that the output is filed under.</param>
public readonly record struct OutputFiles(TaskId Task, int Attempt, LeaseToken Token);
