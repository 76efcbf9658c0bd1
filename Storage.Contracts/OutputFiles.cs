using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>
/// An attempt with stored output (<see cref="IOutputStore.List"/>). The attempt or its task may already be deleted.
/// </summary>
public readonly record struct OutputFiles(TaskId Task, int Attempt, LeaseToken Token);
