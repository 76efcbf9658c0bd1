using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>What one Report call says, and the attempts it says it of.</summary>
internal sealed class ReportBatch
{
    /// <summary>The message; the sender sets node and session.</summary>
    internal Progress Message { get; } = new();

    /// <summary>Attempts whose start it reports.</summary>
    internal List<Attempt> Started { get; } = [];

    /// <summary>Attempts whose result or refusal it reports.</summary>
    internal List<Attempt> Over { get; } = [];

    /// <summary>Whether it reports one attempt only.</summary>
    internal bool IsOfOne => Over.Count + Started.Count == 1;

    /// <summary>Adds what there is to report of an attempt: its start, its result, or its refusal.</summary>
    internal void Add(Attempt attempt)
    {
        if (attempt.Phase == AttemptPhase.Running)
        {
            Message.Started.Add(attempt.Lease);
            Started.Add(attempt);
            return;
        }

        if (attempt.Phase == AttemptPhase.Ended)
            Message.Results.Add(attempt.Result!);
        else
            AddRefused(attempt);
        Over.Add(attempt);
    }

    private void AddRefused(Attempt attempt)
    {
        // The master may not know of the start. It must, or the next attempt gets the same number.
        if (attempt.HadBegun)
            Message.Started.Add(attempt.Lease);
        (attempt.IsUnable ? Message.Unable : Message.Refused).Add(attempt.Lease);
    }
}
