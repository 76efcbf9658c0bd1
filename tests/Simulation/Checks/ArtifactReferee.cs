using OrleansTasks.Simulation.Worker;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Memory;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Checks;

/// <summary>
/// Checks artifacts from the commits: a task that succeeds has all files that its attempt left, with their bytes.
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
}
