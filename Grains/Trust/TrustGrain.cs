using Orleans.Concurrency;
using OrleansTasks.Storage;
using OrleansTasks.Storage.Trust;

namespace OrleansTasks.Trust;

/// <summary>Creates join tokens for gateways. A failed call can be repeated, because a lost token expires.</summary>
[GrainType("trust"), StatelessWorker(4)]
public sealed class TrustGrain(ITrustStore store, TimeProvider time) : Grain, ITrustGrain
{
    /// <inheritdoc/>
    public Task<IssuedToken> MakeToken() => JoinTokens.Make(store, time);

    /// <inheritdoc/>
    public Task<IssuedToken> MakeTokenFor(TokenTerms terms) => JoinTokens.Make(store, time, terms);
}
