using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Storage.Memory;

/// <summary>Finds and marks the artifacts that leave a memory store.</summary>
internal sealed class MemoryKeptArtifactStore(MemoryTaskStore store) : IKeptArtifactStore
{
    /// <inheritdoc/>
    public Task<ImmutableArray<KeptAttempt>> Oldest(int limit) => store.Read<ImmutableArray<KeptAttempt>>(data =>
    [
        .. data.Tasks.Values.Where(task => HasLeft(data, task))
            .OrderByDescending(static task => task.ArtifactsLeft(task.Row.Attempt))
            .ThenBy(static task => task.Row.EndedAt).ThenBy(static task => task.Row.Id).Take(limit)
            .Select(static task => new KeptAttempt(task.Row.Id, task.Row.Attempt, task.Row.Token)),
    ]);

    /// <inheritdoc/>
    public Task<bool> Expire(KeptAttempt attempt) => store.Write(data =>
    {
        if (data.Tasks.GetValueOrDefault(attempt.Task) is not { } task || !HasLeft(data, task)
            || (task.Row.Attempt, task.Row.Token) != (attempt.Attempt, attempt.Token))
            return false;
        task.MarkArtifacts(attempt.Attempt, 1);
        return true;
    });

    /// <inheritdoc/>
    public Task Finish(KeptAttempt attempt) => store.Write(data =>
    {
        if (data.Tasks.GetValueOrDefault(attempt.Task) is { } task && task.ArtifactsLeft(attempt.Attempt) == 1)
            task.MarkArtifacts(attempt.Attempt, 2);
        return true;
    });

    private static bool HasLeft(MemoryData data, StoredTask task) =>
        task.Row.State.IsFinal() && task.Results.GetValueOrDefault(task.Row.Attempt)?.Artifacts is { Count: > 0 }
        && task.ArtifactsLeft(task.Row.Attempt) < 2
        && !(task.Batch is { } batch && data.Workflows.Find(batch) is { Row.State: WorkflowState.Running });
}
