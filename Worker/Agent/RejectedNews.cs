namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The attempts of reports that the master rejected as wrong. Only one of them may be at fault, so they are told again in reports of
/// half as many, and of twice as many after each that is settled, until those that are rejected alone are known. Nothing else is
/// told meanwhile. Called under the agent's gate.
/// </summary>
internal sealed class RejectedNews
{
    private Queue<Attempt> attempts = new();
    private int together = 1;

    /// <summary>Whether none is left.</summary>
    internal bool IsEmpty => attempts.Count == 0;

    /// <summary>Takes the attempts of a report that was rejected; they are told first, in halves.</summary>
    internal void Add(ReportBatch batch)
    {
        attempts = new([.. batch.Over, .. batch.Started, .. attempts]);
        together = Math.Max(1, (batch.Over.Count + batch.Started.Count) / 2);
    }

    /// <summary>A report of some of them was settled.</summary>
    internal void Settle() => together = Math.Min(together * 2, 1 << 20);

    /// <summary>The next report of some of them; null when nothing is left to tell of any.</summary>
    internal ReportBatch? Take()
    {
        ReportBatch? batch = null;
        var count = 0;
        while (count < together && attempts.TryDequeue(out var attempt))
        {
            if (attempt.Phase is not (AttemptPhase.Running or AttemptPhase.Ended or AttemptPhase.Refused))
                continue;
            (batch ??= new()).Add(attempt);
            count++;
        }

        return batch;
    }
}
