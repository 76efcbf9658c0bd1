using OrleansTasks.Processing.Chunks;

namespace OrleansTasks.Jobs;

internal sealed partial class JobCore
{
    private readonly HashSet<int> reducing = [];

    /// <summary>
    /// Chunks without items that reduce parts of the aggregates which commands make, one at a time of each aggregate: neighbouring parts
    /// when they are many or large, all when every item is done. The job ends only when one part is left.
    /// </summary>
    public ImmutableArray<ChunkPlan> CutReductions()
    {
        if (!spec.Plan.Reduces || Phase is not (JobPhase.Reading or JobPhase.Draining))
            return [];
        var areAllThere = Phase == JobPhase.Draining && open.Count == reducing.Count;
        var chunks = ImmutableArray.CreateBuilder<ChunkPlan>();
        for (var aggregate = 0; aggregate < spec.Plan.Aggregates.Length; aggregate++)
        {
            if (reducing.Contains(aggregate) || total.NextReduction(aggregate, areAllThere) is not { } segment)
                continue;
            // Its place is where the source has been cut to, for that is what a restart goes on from.
            var chunk = new ChunkPlan(++lastNo, NextFirst, 0, segment);
            AddOpen(chunk);
            chunks.Add(chunk);
        }

        return chunks.DrainToImmutable();
    }

    private long NextFirst => spec.Source.Kind == OrleansTasks.Jobs.Spec.JobSourceKind.Range ? spec.Source.From + cursor.Place : cursor.Place;

    private static int ReducedBy(ChunkPlan chunk) =>
        Reduction.IsOne(chunk.Items, chunk.Segment.Span) ? Reduction.Read(chunk.Segment).Aggregate : None;

    private const int None = -1;
}
