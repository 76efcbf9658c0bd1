using System.Text;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>Builds the <see cref="JobView"/> of jobs in memory and of stored jobs.</summary>
internal static class JobViews
{
    /// <summary>Reason shown for an open job that this program cannot read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>
    /// Returns the view of a job in memory. A file is cut by bytes, and only workers count its lines, so its percentage
    /// and time left use bytes, and its items read are those of ended chunks. If the recent rate
    /// <paramref name="lately"/> is 0 or the job has ended, the view shows the mean since the start.
    /// </summary>
    public static JobView Of(JobCore job, ChunkCounts counts, double lately, long now)
    {
        var (life, fold, cutter, open) = (job.Life, job.FoldSoFar, job.Cutter, job.Open);
        var processed = fold.Processed;
        var seconds = life.StartedAt == 0 ? 0 : ((life.EndedAt == 0 ? now : life.EndedAt) - life.StartedAt) / 1000.0;
        var speed = life.EndedAt == 0 && lately > 0 ? lately : seconds > 0 ? processed / seconds : 0;
        // The part of the source in ended chunks, in the unit of cutter.Place: bytes of a file, otherwise items.
        var settled = job.IsFile ? cutter.Place - open.Items - open.DroppedItems : processed + fold.ItemsFailed;
        // A stream's or command's size is known once closed, when all of it has been cut.
        var whole = cutter.Whole ?? (life.IsClosed ? cutter.Place : null);
        // In the unit of `whole`. The recent rate in bytes is not measured, so a file uses the mean.
        var rate = !job.IsFile ? speed : seconds > 0 ? settled / seconds : 0;
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
            // The dispatcher counts at another moment, so keep both numbers between 0 and open.Count.
            ChunksQueued = Math.Max(0, open.Count - counts.Running),
            ChunksRunning = Math.Min(counts.Running, open.Count),
            // Excludes chunks without items: reductions, and file parts in which no line begins.
            ChunksDone = fold.Nodes.Sum(static node => node.Chunks),
            Percent = life.Phase == JobPhase.Succeeded ? 100 : whole is null or 0 ? null : 100.0 * settled / whole.Value,
            ItemsPerSecond = speed,
            EtaSeconds = life.IsOver ? 0 : whole is { } count && rate > 0 ? Math.Max(0, count - settled) / rate : null,
            PerNode = [.. fold.Nodes],
            Aggregate = fold.Outcome(),
            Approximate = [.. fold.Total.Approximate],
            Queue = job.Spec.Queue,
            Labels = job.Spec.Labels,
            Failures = [.. fold.Failures],
            Workflow = job.Spec.Workflow,
        };
    }

    /// <summary>
    /// Returns the view of a stored job with its whole progress. An open job is shown as of its last save and without
    /// open chunks, which the percentage of a file counts as ended. Throws <see cref="FormatException"/> if the
    /// progress is unreadable: use <see cref="OfColumns"/>.
    /// </summary>
    public static JobView Of(JobRow row, JobSpec spec, long now)
    {
        var core = new JobCore(row.Id, spec);
        core.Restore(row, null, now);
        return core.View(default, now);
    }

    /// <summary>Returns a view from the row alone, so that an unreadable job does not fail a whole list.</summary>
    public static JobView OfColumns(JobRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        State = row.State,
        StartedAt = Time(row.StartedAt),
        EndedAt = Time(row.EndedAt),
        CancelRequestedAt = Time(row.CancelRequestedAt),
        Reason = row.Reason ?? (row.State.IsFinal() ? null : Unreadable),
        Queue = row.Queue,
        Labels = row.Labels,
        Aggregate = Encoding.UTF8.GetBytes("{}"),
    };

    /// <summary>Converts 0, which means not set in memory and in the store, to null, which views have.</summary>
    private static long? Time(long time) => time == 0 ? null : time;
}
