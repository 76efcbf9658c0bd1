namespace OrleansTasks.Trust;

/// <summary>Makes join tokens for workers on behalf of gateways; stateless. Key: <c>trust</c>.</summary>
[Alias("ot.ITrustGrain")]
public interface ITrustGrain : IGrainWithStringKey
{
    /// <summary>Makes a token that one worker can join with, once.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("MakeToken")]
    Task<IssuedToken> MakeToken();

    /// <summary>Makes a token that one worker can join with, once, and on these terms only.</summary>
    /// <exception cref="OrleansTasks.Storage.StoreUnavailableException">The store is out of reach.</exception>
    [Alias("MakeTokenFor")]
    Task<IssuedToken> MakeTokenFor(TokenTerms terms);
}
