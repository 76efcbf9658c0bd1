using System.Reflection;

namespace OrleansTasks.Engine.Tests;

/// <summary>All of the Orleans API.</summary>
internal static class SignatureSources
{
    private static readonly string[] Assemblies =
    [
        "Orleans.Core.Abstractions", "Orleans.Core", "Orleans.Runtime", "Orleans.Streaming",
        "Orleans.Streaming.Abstractions", "Orleans.Serialization", "Orleans.Serialization.Abstractions",
    ];

    public static bool MayOfferMore => true;

    public static IEnumerable<Type> Types => Assemblies.Select(Load).OfType<Assembly>()
        .SelectMany(a => a.GetExportedTypes())
        .Where(t => t.Namespace is { } ns && (ns == "Orleans" || ns.StartsWith("Orleans.", StringComparison.Ordinal)));

    // Which types are in which assembly differs between versions.
    private static Assembly? Load(string name)
    {
        try
        {
            return Assembly.Load(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
