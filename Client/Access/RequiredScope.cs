using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// What a caller's key must allow for an endpoint, as endpoint metadata. Without it the scope of the endpoint's
/// <see cref="ApiCall"/> counts, and without that a GET needs <see cref="Scopes.Read"/> and anything else
/// <see cref="Scopes.Submit"/>.
/// </summary>
public sealed class RequiredScope
{
    private RequiredScope(Scopes scope, bool needsKey)
    {
        Scope = scope;
        NeedsKey = needsKey;
    }

    /// <summary>Nobody is asked for a key.</summary>
    public static RequiredScope Nothing { get; } = new(Scopes.None, needsKey: false);

    /// <summary>Any valid key will do.</summary>
    public static RequiredScope AnyKey { get; } = new(Scopes.None, needsKey: true);

    private static RequiredScope Read { get; } = Of(Scopes.Read);

    private static RequiredScope Submit { get; } = Of(Scopes.Submit);

    /// <summary>The scopes that a key must have, all of them; <see cref="Scopes.None"/>: any key will do.</summary>
    public Scopes Scope { get; }

    /// <summary>Whether a key is needed at all.</summary>
    public bool NeedsKey { get; }

    /// <summary>A key that has all of these scopes.</summary>
    public static RequiredScope Of(Scopes scope) => new(scope, needsKey: true);

    /// <summary>What an endpoint, or none, needs.</summary>
    public static RequiredScope For(Endpoint? endpoint, string method)
    {
        if (endpoint?.Metadata.GetMetadata<RequiredScope>() is { } own)
            return own;
        var call = endpoint?.Metadata.GetMetadata<ApiCall>();
        if (call is { AllowsAnyKey: true })
            return AnyKey;
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
