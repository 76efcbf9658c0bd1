using OrleansTasks.Nodes;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Renews leases at a dispatcher between the synchronous sections of its <see cref="RoundLoop"/>, ahead of waiting
/// operations and of a commit. Has the ownership proven anew when the latest proof is getting old.
/// </summary>
internal sealed class ExpressRenewal(RoundLoop rounds, DispatchOptions options, TimeProvider time)
{
    /// <summary>
    /// Renews a node's leases; null when only a round can: the loop does not serve, or the request has a list. If the
    /// last proof of ownership has run out, waits briefly for another, and may reply that nothing is proven.
    /// </summary>
    public async ValueTask<RenewReply?> TryRenew(NodeLeases leases)
    {
        if (rounds.Serving is null || leases.Held is not null)
            return null;
        if (!rounds.IsProven(options.ProofTerm / 2))
        {
            var proof = rounds.Prove();
            if (rounds.MayConfirm)
                proof.FireAndForget();
            else
                await proof.Within(options.HeartbeatPatience, time);
            if (!rounds.MayConfirm)
                return new RenewReply(RenewOutcome.Unproven, []) { Epoch = rounds.Epoch };
        }

        return rounds.TryRenew(leases) is { } reply ? reply with { Epoch = rounds.Epoch } : null;
    }
}
