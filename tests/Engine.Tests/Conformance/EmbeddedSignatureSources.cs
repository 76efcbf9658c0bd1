using OrleansTasks.Engine.Embedded;

namespace OrleansTasks.Engine.Tests;

/// <summary>Embedded's part of the Orleans API.</summary>
internal static class SignatureSources
{
    public static bool MayOfferMore => false;

    public static IEnumerable<Type> Types => typeof(EmbeddedEngine).Assembly.GetExportedTypes()
        .Where(t => t.Namespace is { } ns && (ns == "Orleans" || ns.StartsWith("Orleans.", StringComparison.Ordinal)));
}
