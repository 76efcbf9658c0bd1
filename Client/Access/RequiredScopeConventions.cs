using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>Says at an endpoint's mapping what its callers' keys must allow.</summary>
public static class RequiredScopeConventions
{
    /// <summary>Callers need a key with this scope.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, Scopes scope) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(RequiredScope.Of(scope));

    /// <summary>Callers need no key.</summary>
    public static TBuilder AllowWithoutKey<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(RequiredScope.Nothing);
}
