using OrleansTasks.Trust;

namespace OrleansTasks.Client.Tests.Gateway;

/// <summary>Makes tokens as a test says.</summary>
internal sealed class ScriptedTrust : ITrustGrain
{
    public Func<Task<IssuedToken>>? OnMake { get; set; }

    public Task<IssuedToken> MakeToken() => OnMake!();
}
