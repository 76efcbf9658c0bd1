using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Applies everything that nodes say about their attempts: reports, heartbeats, and which attempts a worker had when
/// its session began. Ends attempts whose leases lapse because a node stays silent. <see cref="LeaseBook"/> finds the
/// leases; <see cref="Attempts"/> decides what happens to each attempt. Times are Unix milliseconds of the wall clock.
/// </summary>
internal sealed class AttemptReports(LeaseBook leases, Attempts attempts, NodeRelations relations, NodeSet nodes, RoundBounds bounds)
    : IDispatchModule
{
    // Used only within one call; a field to avoid an allocation.
    private readonly List<Lease> lost = [];

    /// <summary>
    /// Applies a node's report of attempts that started, ended or were given back. An entry without a current token
    /// changes no task, but the reply still settles it for the node. The commit must then prove ownership, because an
    /// activation that was replaced without noticing does not know the leases that its successor granted.
    /// </summary>
    public void Take(NodeReport report, long now, CommitDraft draft)
    {
        relations.Reported(report.Node, report.Session);
        foreach (var started in report.Started)
        {
            if (leases.TryFind(started, out var held))
                attempts.Confirm(held, now, draft);
            else
                draft.NeedsOwner = true;
        }

        foreach (var result in report.Results)
        {
            if (leases.TryFind(result.Lease, out var held))
                attempts.End(held, result, now, draft);
            else
                draft.NeedsOwner = true;
        }

        // Unable: the node could not start the attempts and rests at once. Refused: it was busy (rests after several).
        TakeBack(report.Unable ?? [], isUnable: true, now, draft);
        TakeBack(report.Refused, isUnable: false, now, draft);
    }

    /// <summary>Renews leases in a round. May repeat commands and end attempts that the node no longer has.</summary>
    public RenewReply Renew(NodeLeases renewal, long now, CommitDraft draft)
    {
        lost.Clear();
        var reply = leases.Renew(renewal, now, draft, lost);
        LoseAll(now, draft);
        return reply;
    }

    /// <summary>
    /// Puts back or ends attempts that a node did not have when its session began
    /// (<see cref="LeaseBook.SessionBegan"/>).
    /// </summary>
    public void SessionBegan(string id, SessionStart start, long now, CommitDraft draft)
    {
        var unstarted = new List<Lease>();
        lost.Clear();
        leases.SessionBegan(id, start, unstarted, lost);
        foreach (var held in unstarted)
            attempts.PutBack(held, now, draft);
        LoseAll(now, draft);
    }

    /// <inheritdoc/>
    public long Next => leases.Next;

    /// <summary>
    /// Ends attempts whose leases have lapsed. Looks at no more nodes once the round's bound is reached.
    /// </summary>
    public void Tick(long now, CommitDraft draft)
    {
        lost.Clear();
        while (lost.Count < bounds.Lapses && leases.TryLapse(now, lost))
        {
        }

        LoseAll(now, draft);
    }

    /// <inheritdoc/>
    public void ClockStepped(long by, long now) => leases.ClockStepped(by);

    private void LoseAll(long now, CommitDraft draft)
    {
        foreach (var held in lost)
            attempts.Lose(held, now, draft);
    }

    // The whole list counts as one refusal.
    private void TakeBack(ImmutableArray<LeaseRef> refused, bool isUnable, long now, CommitDraft draft)
    {
        DispatchNode? refuser = null;
        foreach (var reference in refused)
        {
            if (!leases.TryFind(reference, out var held))
            {
                draft.NeedsOwner = true;
                continue;
            }

            // A lease of an earlier session says nothing about how the node works now.
            if (held.IsCurrent && refuser is null)
                relations.Refused(refuser = held.Node, isUnable, now);
            attempts.PutBack(held, now, draft);
        }

        if (refuser is not null)
            nodes.Ranks.Update(refuser);
    }
}
