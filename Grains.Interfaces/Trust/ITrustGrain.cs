namespace OrleansTasks.Trust;

/// <summary>Creates join tokens for workers on behalf of gateways; stateless. Key: <c>trust</c>.</summary>
[Alias("ot.ITrustGrain")]
public interface ITrustGrain : IGrainWithStringKey
{
    /// <summary>Creates a token with which one worker can join once.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store cannot be reached.</exception>
    [Alias("MakeToken")]
    Task<IssuedToken> MakeToken();

    /// <summary>Creates a token with which one worker can join once, and only on these terms.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store cannot be reached.</exception>
    [Alias("MakeTokenFor")]
    Task<IssuedToken> MakeTokenFor(TokenTerms terms);
}
