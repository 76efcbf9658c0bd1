using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Simulation.Checks;

namespace OrleansTasks.Simulation.Jobs;

/// <summary>
/// Looks at what users see of a job's chunks, coverage and history: it must fit what the commits say of the chunks, and
/// of a job that has ended it must be all of it, whatever was lost and begun anew meanwhile.
/// </summary>
internal sealed class InsightReferee(Coverage coverage)
{
    private const int MostCells = 1_000;

    /// <summary>The look of a user: with a cell for each item where that is possible.</summary>
    public static JobLook LookAt(KnownJob job) => new(
        JobParts.Figures | JobParts.Chunks | JobParts.Coverage | JobParts.History, (int)Math.Clamp(WholeOf(job), 1, MostCells));

    /// <summary>Somebody sees how a job goes.</summary>
    /// <param name="job">The job as the commits have it now: at least as far as the insight.</param>
    /// <param name="look">What was asked.</param>
    /// <param name="insight">What was answered.</param>
    /// <param name="isFinal">Whether the job had ended before it was asked.</param>
    public void Saw(KnownJob job, JobLook look, JobInsight insight, bool isFinal)
    {
        var id = job.Draft.Id;
        Violation.Unless(insight.Figures is not null, $"{id} has no figures.");
        Violation.Unless(
            insight.Chunks.DistinctBy(static chunk => chunk.No).Count() == insight.Chunks.Length, $"{id} shows a chunk twice.");
        foreach (var chunk in insight.Chunks)
            Check(job, chunk);
        Violation.Unless(insight.Coverage.Sum(static run => run.Cells) == look.Cells, $"The coverage of {id} is not whole.");
        foreach (var (before, after) in insight.History.Zip(insight.History.Skip(1)))
            Violation.Unless(before.At <= after.At && before.Items <= after.Items, $"The history of {id} goes back.");
        if (!isFinal)
        {
            coverage.Fire("insight into an open job");
            return;
        }

        CheckEnd(job, insight);
        if (look.Cells == WholeOf(job))
            CheckCells(job, [.. insight.Coverage.SelectMany(static run => Enumerable.Repeat(run.State, run.Cells))]);
        coverage.Fire("insight into an ended job");
    }

    private static long WholeOf(KnownJob job) => job.Draft.Source == JobSourceKind.Stream ? job.Cut : job.Draft.Count;

    private static void Check(KnownJob job, JobChunk shown)
    {
        var name = $"Chunk {shown.No} of {job.Draft.Id}";
        Violation.Unless(job.Chunks.TryGetValue(shown.No, out var known), $"{name} is shown, and is not stored.");
        Violation.Unless(
            shown.First == job.Draft.From + known!.Place && shown.Length == known.Items.Length,
            $"{name} is shown at {shown.First} with {shown.Length} items; it has {known.Items.Length} at {known.Place}.");
        if (shown.State is not ("folded" or "failed"))
            return;
        Violation.Unless(
            known.Ended is { } end && known.IsDone == (shown.State == "folded")
                && (end.Attempt, end.At, end.Node) == (shown.Attempt, shown.EndedAt, shown.Node ?? "")
                && Math.Max(0, end.Micros) == shown.Micros,
            $"{name} is shown as {shown}; it ended by {known.Ended}.");
    }

    private static void CheckEnd(KnownJob job, JobInsight insight)
    {
        var id = job.Draft.Id;
        var ended = job.Chunks.Values.Where(static chunk => chunk.Ended is not null).ToArray();
        Violation.Unless(
            insight.Figures!.ChunksEnded == ended.Length, $"{id} shows {insight.Figures.ChunksEnded} of {ended.Length} ended chunks.");
        Violation.Unless(
            insight.Chunks.All(static chunk => chunk.EndedAt is not null), $"{id} has ended, and shows open chunks.");
        if (ended.Length == 0)
            return;
        var slowest = ended.Max(static chunk => Math.Max(0, chunk.Ended!.Micros));
        Violation.Unless(
            insight.Chunks.Max(static chunk => chunk.Micros) == slowest && insight.Figures.TookMost == slowest,
            $"The slowest chunk of {id} took {slowest} us, and is not shown.");
        Violation.Unless(
            insight.History[^1].Items == job.Done.Items + job.Done.Skipped, $"The history of {id} ends before the job.");
    }

    private static void CheckCells(KnownJob job, string[] states)
    {
        foreach (var chunk in job.Chunks.Values)
        {
            var expected = chunk.IsDone ? "folded" : chunk.Ended is not null ? "failed" : "dropped";
            for (var i = 0; i < chunk.Items.Length; i++)
                Violation.Unless(
                    states[chunk.Place + i] == expected,
                    $"Item {chunk.Place + i} of {job.Draft.Id} is shown as {states[chunk.Place + i]}, not {expected}.");
        }

        Violation.Unless(
            states.Skip((int)job.Cut).All(static state => state == "unread"), $"{job.Draft.Id} shows items that nobody read.");
    }
}
