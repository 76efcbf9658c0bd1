using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>Declares, when an endpoint is mapped, what its callers' keys must allow.</summary>
public static class RequiredScopeConventions
{
    /// <summary>Requires a key with this scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, Scopes scope) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(RequiredScope.Of(scope));

    /// <summary>Admits callers without a key.</summary>
    public static TBuilder AllowWithoutKey<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(RequiredScope.Nothing);
}
