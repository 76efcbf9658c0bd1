using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.World;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks artifacts from the commits: a task that succeeds has all files that its attempt left, with their bytes. At
/// the end, a sweep leaves exactly the files that tasks have: nothing of attempts that were lost.
/// </summary>
/// <param name="files">The stored bytes.</param>
/// <param name="index">The index of files.</param>
/// <param name="coverage">What has happened.</param>
internal sealed class ArtifactReferee(MemoryFileStore files, MemoryFileIndex index, Coverage coverage)
{
    /// <summary>Looks at the ends of a commit that is on the disk.</summary>
    public void Committed(QueueCommit commit, IReadOnlyDictionary<TaskId, KnownTask> tasks)
    {
        foreach (var write in commit.Writes)
        {
            if (write.Row.State == TaskState.Succeeded && tasks.TryGetValue(write.Row.Id, out var task)
                && task.Submission.Limits.HasFlag(Limits.Files))
                Check(write);
        }
    }

    /// <summary>
    /// Removes with the product's own sweep what nothing names, long after the end; nothing else may be there, or be
    /// missing.
    /// </summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="stored">What is stored.</param>
    /// <param name="tasks">The tasks.</param>
    /// <param name="others">The files that others than tasks name.</param>
    public void CheckSweep(
        SimCluster cluster, ITaskStore stored, IReadOnlyDictionary<TaskId, KnownTask> tasks, IEnumerable<FileName> others)
    {
        var sweep = new FileSweep(
            files, index, stored, new SeededChance(new SimRandom(1, "sweep")), new LaterTime(cluster.Clock, ServiceLimits.FileAge * 2));
        var before = files.Names.Length;
        for (var round = 0; round < 2; round++)
        {
            var sweeping = sweep.Round(isAlone: true, CancellationToken.None);
            while (!sweeping.IsCompleted)
                Violation.Unless(cluster.Step(), $"The sweep does not end.");
            Violation.Unless(sweeping.IsCompletedSuccessfully, $"The sweep failed: {sweeping.Exception}");
        }

        var named = tasks.Values.Where(static task => task.Submission.Limits.HasFlag(Limits.Files) && !task.IsPruned)
            .Select(task => stored.Get(task.Row.Id).Result).OfType<TaskRecord>()
            .Where(static task => task is { Artifacts.Count: > 0 } && task.State.IsFinal())
            .SelectMany(static task => SimArtifacts.Of(task.Id.ToString(), task.Attempt)).Select(static file => file.Name).Concat(others).ToHashSet();
        Violation.Unless(named.SetEquals(files.Names), $"After the sweep {files.Names.Length} files are stored, and {named.Count} are named.");
        if (before > named.Count)
            coverage.Fire("files of lost attempts or removed tasks");
        if (named.Count > 0)
            coverage.Fire("files after the sweep");
    }

    private void Check(TaskWrite write)
    {
        var row = write.Row;
        var expected = SimArtifacts.Of(row.Id.ToString(), row.Attempt);
        Violation.Unless(
            write.Result?.Artifacts == new ArtifactTotals(expected.Length, expected.Sum(static file => file.Size)),
            $"{row} succeeded with {write.Result?.Artifacts}, and left {expected.Length} files.");
        var rows = index.Artifacts(row.Id, write.Result!.Lease.Token, null, int.MaxValue).Result;
        Violation.Unless(
            rows.Select(static one => (one.Path, one.File.Name)).SequenceEqual(expected.Select(static file => (file.Path, file.Name))),
            $"{row} succeeded, and its artifacts are {string.Join(", ", rows.Select(static one => one.Path))}.");
        var there = files.Names.ToHashSet();
        Violation.Unless(expected.All(file => there.Contains(file.Name)), $"{row} succeeded, and an artifact's bytes are not stored.");
        coverage.Fire(row.Attempt == 1 ? "artifacts" : "artifacts of a later attempt");
    }

    private sealed class LaterTime(TimeProvider inner, TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + by;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            inner.CreateTimer(callback, state, dueTime, period);
    }
}
