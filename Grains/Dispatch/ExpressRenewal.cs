using OrleansTasks.Nodes;

namespace OrleansTasks.Dispatch;

/// <summary>
/// Renews leases between the synchronous sections of a dispatcher's <see cref="RoundLoop"/>, without waiting for
/// earlier operations or for a commit. Requests a new proof of ownership once half of the proof term has passed.
/// </summary>
internal sealed class ExpressRenewal(RoundLoop rounds, DispatchOptions options, TimeProvider time)
{
    /// <summary>
    /// Renews a node's leases. Returns null if only a round can do it, because the loop is not serving or the request
    /// has a list. If the last proof of ownership has expired, waits briefly for a new one and otherwise replies
    /// <see cref="RenewOutcome.Unproven"/>.
    /// </summary>
    public async ValueTask<RenewReply?> TryRenew(NodeLeases leases)
    {
        if (rounds.Serving is null || leases.Held is not null)
            return null;
        if (!rounds.IsProven(options.ProofTerm / 2))
        {
            var proof = rounds.Prove();
            if (rounds.MayConfirm)
                // The present proof is still valid, so do not wait for the next one.
                proof.FireAndForget();
            else
                await proof.Within(options.HeartbeatPatience, time);
            if (!rounds.MayConfirm)
                return new RenewReply(RenewOutcome.Unproven, []) { Epoch = rounds.Epoch };
        }

        return rounds.TryRenew(leases) is { } reply ? reply with { Epoch = rounds.Epoch } : null;
    }
}
