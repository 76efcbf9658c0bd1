namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The attempts of reports that failed because of one attempt in them. They are reported again in groups of half the
/// size, which doubles after each settled group, until the attempts that fail alone are known. All other reports wait.
/// Called under the agent's gate.
/// </summary>
internal sealed class SuspectReports
{
    private const int LargestGroup = 1 << 20;
    private Queue<Attempt> attempts = new();
    private int groupSize = 1;

    /// <summary>Adds the attempts of a report that failed. They are reported before those of earlier reports.</summary>
    internal void Add(ReportBatch batch)
    {
        attempts = new([.. batch.Over, .. batch.Started, .. attempts]);
        groupSize = Math.Max(1, (batch.Over.Count + batch.Started.Count) / 2);
    }

    /// <summary>Records that a report was settled.</summary>
    internal void Settle() => groupSize = Math.Min(groupSize * 2, LargestGroup);

    /// <summary>Returns the report of the next group; null when there is nothing left to report.</summary>
    internal ReportBatch? Take()
    {
        ReportBatch? batch = null;
        var count = 0;
        while (count < groupSize && attempts.TryDequeue(out var attempt))
        {
            if (attempt.Phase is not (AttemptPhase.Running or AttemptPhase.Ended or AttemptPhase.Refused))
                continue;
            (batch ??= new()).Add(attempt);
            count++;
        }

        return batch;
    }
}
