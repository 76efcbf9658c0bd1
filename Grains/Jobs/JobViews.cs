using System.Text;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Storage;

namespace OrleansTasks.Jobs;

/// <summary>
/// Builds the <see cref="JobView"/> that users see of a job: its state, counts, percent, rate,
/// time left and aggregates. <see cref="JobCore.View"/> builds the view of a job in memory.
/// <see cref="JobReading"/>, which answers the gateways, builds the views of stored jobs: jobs that have ended,
/// open jobs whose grain does not answer, and jobs that this program cannot read. Holds no state.
/// </summary>
internal static class JobViews
{
    /// <summary>The reason in the view of an open job that this program cannot read.</summary>
    public const string Unreadable = "unreadable";

    /// <summary>
    /// Returns the view of a job in memory. A file is cut by bytes, and its lines are counted only when a worker reads
    /// them. So percent and time left of a file are computed from bytes, and its items read are those of the chunks
    /// that have ended.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="counts">
    /// The dispatcher's count of the job's chunks, taken just before; default for a job that has ended or comes from
    /// the store.
    /// </param>
    /// <param name="lately">
    /// Items a second over the last few seconds. When 0, because none were processed or the rate is not known,
    /// the average since the start is shown instead; a job that has ended always shows the average over its whole life.
    /// </param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    public static JobView Of(JobCore job, ChunkCounts counts, double lately, long now)
    {
        var (life, fold, cutter, open) = (job.Life, job.FoldSoFar, job.Cutter, job.Open);
        var processed = fold.Processed;
        var seconds = life.StartedAt == 0 ? 0 : ((life.EndedAt == 0 ? now : life.EndedAt) - life.StartedAt) / 1000.0;
        var speed = life.EndedAt == 0 && lately > 0 ? lately : seconds > 0 ? processed / seconds : 0;
        // How much of the source is in chunks that have ended, in the unit of cutter.Place: bytes of a file,
        // items of any other source.
        var settled = job.IsFile ? cutter.Place - open.Items - open.DroppedItems : processed + fold.ItemsFailed;
        // The size of the source. The size of a stream or a command's output is known once it is closed:
        // by then all of it has been cut.
        var whole = cutter.Whole ?? (life.IsClosed ? cutter.Place : null);
        // The rate in the unit of `whole`, for the time left. Nothing measures the recent rate in bytes,
        // so a file uses the average.
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
            // The dispatcher counts at another moment than this activation: both numbers stay between 0 and open.Count.
            ChunksQueued = Math.Max(0, open.Count - counts.Running),
            ChunksRunning = Math.Min(counts.Running, open.Count),
            // Does not count chunks without items: reductions, which combine results of other chunks, and parts of a
            // file in which no line begins.
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
    /// Returns the view of a stored job: one that has ended, or an open one whose grain does not answer.
    /// The view of an open job is as old as its last saved progress and knows no open chunks: their number is 0,
    /// and the percent of a file counts them as ended.
    /// </summary>
    /// <param name="row">
    /// The job's row with its whole progress, not with a reference to parts (<see cref="StoredProgress"/>).
    /// </param>
    /// <param name="spec">
    /// The job's spec, or the reduced spec that its stored head gives (<see cref="JobHead.ToSpec"/>).
    /// </param>
    /// <param name="now">The current time, in Unix milliseconds.</param>
    /// <exception cref="FormatException">
    /// The progress cannot be read; the caller uses <see cref="OfColumns"/> instead.
    /// </exception>
    public static JobView Of(JobRow row, JobSpec spec, long now)
    {
        var core = new JobCore(row.Id, spec);
        core.Restore(row, null, now);
        return core.View(default, now);
    }

    /// <summary>
    /// Returns a view from the columns of the row alone, with counts of 0 and an empty aggregate.
    /// Used for a job whose spec or progress this program cannot read, because a newer program wrote it or it is
    /// damaged, so that one such job does not fail a whole list.
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
        Queue = row.Queue,
        Labels = row.Labels,
        Aggregate = Encoding.UTF8.GetBytes("{}"),
    };

    /// <summary>
    /// Converts a time in Unix milliseconds: a job in memory or in the store has 0 for "not set", a view has null.
    /// </summary>
    private static long? Time(long time) => time == 0 ? null : time;
}
