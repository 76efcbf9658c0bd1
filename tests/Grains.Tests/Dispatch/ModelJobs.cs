using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The data jobs of the plainest store, without chunks.</summary>
internal sealed class ModelJobs
{
    public Dictionary<TaskId, (long No, JobState State, JobSubmission Submission)> Rows { get; } = [];

    public void Apply(IEnumerable<JobCommit> commits)
    {
        foreach (var commit in commits)
        {
            if (commit.Write.New is { } submission)
                Rows.Add(commit.Id, (commit.No, commit.Write.State, submission));
            else if (Rows.TryGetValue(commit.Id, out var row))
                Rows[commit.Id] = row with { State = commit.Write.State };
        }
    }

    public void LoadInto(DispatchCore core)
    {
        foreach (var (id, row) in Rows.Where(static entry => !entry.Value.State.IsFinal()))
            core.Jobs.Load(id, row.No, JobSpecReader.ReadStored(row.Submission.Spec.Span));
    }
}
