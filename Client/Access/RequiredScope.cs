using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The scopes that a caller's key needs for an endpoint, as endpoint metadata. Without it, the endpoint's
/// <see cref="ApiCall"/> determines the scope. Without that, read methods need <see cref="Scopes.Read"/> and others
/// <see cref="Scopes.Submit"/>.
/// </summary>
public sealed class RequiredScope
{
    private RequiredScope(Scopes scope, bool needsKey, RunReach run = RunReach.Nothing) => (Scope, NeedsKey, Run) = (scope, needsKey, run);

    /// <summary>No key is needed.</summary>
    public static RequiredScope Nothing { get; } = new(Scopes.None, needsKey: false);

    /// <summary>Any valid key is sufficient.</summary>
    public static RequiredScope AnyKey { get; } = new(Scopes.None, needsKey: true);

    private static RequiredScope Read { get; } = Of(Scopes.Read);

    private static RequiredScope Submit { get; } = Of(Scopes.Submit);

    /// <summary>
    /// The scopes that a key must have, all of them. With <see cref="Scopes.None"/>, any key is sufficient.
    /// </summary>
    public Scopes Scope { get; }

    /// <summary>Whether a key is needed at all.</summary>
    public bool NeedsKey { get; }

    /// <summary>
    /// What a key reaches if it lacks <see cref="Scope"/> but has the scope <see cref="Scopes.Run"/>.
    /// </summary>
    public RunReach Run { get; }

    /// <summary>Requires a key with all of these scopes.</summary>
    public static RequiredScope Of(Scopes scope) => new(scope, needsKey: true);

    /// <summary>Returns what an endpoint needs; <paramref name="endpoint"/> is null if no endpoint matched.</summary>
    public static RequiredScope For(Endpoint? endpoint, string method)
    {
        if (endpoint?.Metadata.GetMetadata<RequiredScope>() is { } own)
            return own;
        var call = endpoint?.Metadata.GetMetadata<ApiCall>();
        if (call is { AllowsAnyKey: true })
            return AnyKey;
        if (call is { Run: not RunReach.Nothing })
            return new RequiredScope(call.Scope, needsKey: true, call.Run);
        return call?.Scope switch
        {
            Scopes.None => Nothing,
            Scopes.Read => Read,
            Scopes.Submit => Submit,
            { } scope => Of(scope),
            null => Methods.IsRead(method) ? Read : Submit,
        };
    }
}
