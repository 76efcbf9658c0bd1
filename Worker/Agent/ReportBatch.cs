using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>The content of one Report call, and the attempts that it covers.</summary>
internal sealed class ReportBatch
{
    /// <summary>The message; the sender sets its node and session.</summary>
    internal Progress Message { get; } = new();

    /// <summary>The attempts whose start is reported.</summary>
    internal List<Attempt> Started { get; } = [];

    /// <summary>The attempts whose result or refusal is reported.</summary>
    internal List<Attempt> Over { get; } = [];

    /// <summary>Whether only one attempt is reported.</summary>
    internal bool IsOfOne => Over.Count + Started.Count == 1;

    /// <summary>Adds what an attempt has to report: its start, its result, or its refusal.</summary>
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
        // The master may not know of the start. It has to, or the next attempt would get the same number.
        if (attempt.HadBegun)
            Message.Started.Add(attempt.Lease);
        (attempt.IsUnable ? Message.Unable : Message.Refused).Add(attempt.Lease);
    }
}
