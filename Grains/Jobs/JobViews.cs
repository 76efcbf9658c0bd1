using System.Text;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>Shows jobs: live ones, stored ones, and stored ones that this program cannot read.</summary>
internal static class JobViews
{
    /// <summary>The reason that is shown of an open job which cannot be read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>
    /// Shows a job in memory. The number of items in a file is not known before they are read: there percent and time left go by bytes, and
    /// items read are those whose chunks have ended.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="counts">The dispatcher's count of its chunks, from about the same moment; default when there is none.</param>
    /// <param name="lately">Items a second over the last few seconds; 0 when not known: then the average since the start is shown.</param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    public static JobView Of(JobCore job, ChunkCounts counts, double lately, long now)
    {
        var (life, fold, cutter, open) = (job.Life, job.FoldSoFar, job.Cutter, job.Open);
        var processed = fold.Processed;
        var seconds = life.StartedAt == 0 ? 0 : ((life.EndedAt == 0 ? now : life.EndedAt) - life.StartedAt) / 1000.0;
        var speed = life.EndedAt == 0 && lately > 0 ? lately : seconds > 0 ? processed / seconds : 0;
        // How much of the source has ended, in the unit of cutter.Place: bytes of a file, items of any other source.
        var settled = job.IsFile ? cutter.Place - open.Items - open.DroppedItems : processed + fold.ItemsFailed;
        var whole = cutter.Whole ?? (life.IsClosed ? cutter.Place : null);
        var pace = !job.IsFile ? speed : seconds > 0 ? settled / seconds : 0;
        return new JobView
        {
            Id = job.Id,
            Name = job.Spec.Name,
            State = life.Phase.ToState(),
            StartedAt = Time(life.StartedAt),
            EndedAt = Time(life.EndedAt),
            CancelRequestedAt = Time(life.CancelRequestedAt),
            Reason = life.Reason,
            ItemsRead = job.IsFile ? processed + fold.ItemsFailed : cutter.Place,
            ItemsDone = fold.Total.Items,
            ItemsFailed = fold.ItemsFailed,
            ItemsSkipped = fold.Total.Skipped,
            ChunksQueued = Math.Max(0, open.Count - counts.Running),
            ChunksRunning = Math.Min(counts.Running, open.Count),
            ChunksDone = fold.Nodes.Sum(static node => node.Chunks),
            Percent = life.Phase == JobPhase.Succeeded ? 100 : whole is null or 0 ? null : 100.0 * settled / whole.Value,
            ItemsPerSecond = speed,
            EtaSeconds = life.IsOver ? 0 : whole is { } count && pace > 0 ? Math.Max(0, count - settled) / pace : null,
            PerNode = [.. fold.Nodes],
            Aggregate = fold.Outcome(),
            Approximate = [.. fold.Total.Approximate],
            Queue = job.Spec.Queue,
            Labels = job.Spec.Labels,
            Failures = [.. fold.Failures],
            Partition = job.Partition,
        };
    }

    /// <summary>
    /// Shows a stored job that has ended, or whose grain does not answer: what an open job has done since its last saved progress is
    /// missing. Throws <see cref="FormatException"/> when the progress cannot be read.
    /// </summary>
    /// <param name="row">The job's row with its whole progress, not a reference.</param>
    /// <param name="spec">The job's spec, or what its head tells of it.</param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    public static JobView Of(JobRow row, JobSpec spec, long now)
    {
        var core = new JobCore(row.Id, row.Partition, spec);
        core.Restore(row, null, now);
        return core.View(default, now);
    }

    /// <summary>
    /// Shows what the columns tell of a job whose spec or progress this program cannot read, because a newer program wrote it or it is
    /// damaged: the counts are 0 and the aggregate is empty. So one such job does not fail a whole list.
    /// </summary>
    public static JobView OfColumns(JobRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        State = row.State,
        StartedAt = Time(row.StartedAt),
        EndedAt = Time(row.EndedAt),
        CancelRequestedAt = Time(row.CancelRequestedAt),
        Reason = row.Reason ?? (row.State.IsFinal() ? null : Unreadable),
        Queue = row.Partition.Queue,
        Labels = row.Labels,
        Partition = row.Partition,
        Aggregate = Encoding.UTF8.GetBytes("{}"),
    };

    /// <summary>Stored times use 0 for not set, views null.</summary>
    private static long? Time(long time) => time == 0 ? null : time;
}
