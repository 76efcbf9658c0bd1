using Orleans.Concurrency;
using OrleansTasks.Storage;

namespace OrleansTasks.Trust;

/// <summary>
/// Makes join tokens, with which new workers join the service. Gateways call it for operators, because gateways have no
/// access to the store; <see cref="JoinTokens"/> does the work. Holds no state, so up to four activations run in a
/// silo. A call that fails may be repeated: at worst a token stays in the store that nobody knows, and expires.
/// </summary>
[GrainType("trust"), StatelessWorker(4)]
public sealed class TrustGrain(ITrustStore store, TimeProvider time) : Grain, ITrustGrain
{
    /// <inheritdoc/>
    /// <remarks>A worker of any name may join with the token, and gets no labels from it.</remarks>
    public Task<IssuedToken> MakeToken() => JoinTokens.Make(store, time);

    /// <inheritdoc/>
    public Task<IssuedToken> MakeTokenFor(TokenTerms terms) => JoinTokens.Make(store, time, terms);
}
