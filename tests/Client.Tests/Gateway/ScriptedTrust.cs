using OrleansTasks.Trust;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Makes tokens as a test says.</summary>
internal sealed class ScriptedTrust : ITrustGrain
{
    public Func<Task<IssuedToken>>? OnMake { get; set; }

    /// <summary>The terms of the last token that was asked for.</summary>
    public TokenTerms? LastTerms { get; private set; }

    public Task<IssuedToken> MakeToken() => MakeTokenFor(TokenTerms.Any);

    public Task<IssuedToken> MakeTokenFor(TokenTerms terms)
    {
        LastTerms = terms;
        return OnMake!();
    }
}
