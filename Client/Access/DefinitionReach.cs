using OrleansTasks.Access;

namespace OrleansTasks.Client.Access;

/// <summary>What a caller may do with definitions.</summary>
internal static class DefinitionReach
{
    /// <summary>Returns whether a caller needs no key or has a scope.</summary>
    public static bool Has(this HttpContext context, Scopes scope) =>
        context.Features.Get<Http.ICallerFeature>() is not Caller { Key: var key } || key.Scopes.HasFlag(scope);

    /// <summary>Returns whether a caller has a scope, or may run the definition.</summary>
    public static bool MayReach(this HttpContext context, Scopes scope, string definition) =>
        context.Has(scope)
        || (context.Features.Get<Http.ICallerFeature>() is Caller { Key: var key } && key.Runs(definition));
}
