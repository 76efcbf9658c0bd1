using OrleansTasks.Nodes;
using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Leasing;

/// <summary>
/// Takes what nodes tell of the attempts that they hold: reports, heartbeats, and what a node had when its session
/// began. Also ends the attempts whose leases lapse because a node tells nothing. <see cref="LeaseBook"/> finds the
/// leases, and <see cref="Attempts"/> decides what becomes of each attempt. Times are Unix milliseconds of the wall clock.
/// </summary>
internal sealed class AttemptReports(LeaseBook leases, Attempts attempts, NodeRelations relations, NodeSet nodes, RoundBounds bounds)
    : IDispatchModule
{
    // Filled and used up within one call; a field only to save the allocation.
    private readonly List<Lease> lost = [];

    /// <summary>
    /// Takes what a node reports: attempts that started, ended or are given back. An entry without the current token of
    /// its attempt changes no task, but the reply still settles the entry for the node. So an unknown attempt needs a
    /// commit that proves ownership: an activation that was replaced unknowingly lacks the leases of its successor.
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

        // Unable: the node could not start them and rests at once. Refused: too busy; it rests after several in a row.
        TakeBack(report.Unable ?? [], isUnable: true, now, draft);
        TakeBack(report.Refused, isUnable: false, now, draft);
    }

    /// <summary>
    /// Renews a node's leases, by digest (a checksum of the lease tokens) or by list. Must be part of a round, because
    /// the renewal may repeat commands and end attempts that the node no longer has.
    /// </summary>
    public RenewReply Renew(NodeLeases renewal, long now, CommitDraft draft)
    {
        lost.Clear();
        var reply = leases.Renew(renewal, now, draft, lost);
        LoseAll(now, draft);
        return reply;
    }

    /// <summary>
    /// Takes the answer to a question: what a node had when its session began. An attempt of an earlier session that
    /// provably cannot run there any more is put back uncounted if it never started; otherwise it is lost.
    /// An attempt of which the answer proves nothing keeps its lease until the lease lapses.
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

    /// <summary>Ends the attempts whose leases have lapsed. Looks at no further node once a round's bound is reached.</summary>
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

    /// <summary>Puts back attempts that a node gave back. However long the list is, it counts as one refusal.</summary>
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

            // What the node gives back of an earlier session says nothing about how it works now.
            if (held.IsCurrent && refuser is null)
                relations.Refused(refuser = held.Node, isUnable, now);
            attempts.PutBack(held, now, draft);
        }

        if (refuser is not null)
            nodes.Ranks.Update(refuser);
    }
}
