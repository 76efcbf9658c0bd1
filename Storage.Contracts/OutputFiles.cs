using OrleansTasks.Tasks;

namespace OrleansTasks.Storage;

/// <summary>An attempt with output (<see cref="IOutputStore.List"/>). The attempt or its task may be gone.</summary>
public readonly record struct OutputFiles(TaskId Task, int Attempt, LeaseToken Token);
