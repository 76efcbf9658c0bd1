using System.Reflection;
using Orleans.Serialization.Configuration;

namespace OrleansTasks.Simulation;

/// <summary>Finds the assemblies with grains around a test.</summary>
internal static class GrainAssemblies
{
    private static readonly string[] Foreign = ["System", "Microsoft", "Orleans", "netstandard", "mscorlib", "xunit", "NUnit", "testhost"];

    /// <summary>The assembly and those that it refers to, as far as Orleans has generated code for them.</summary>
    internal static IReadOnlyList<Assembly> Around(Assembly assembly)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { assembly.FullName! };
        var found = new List<Assembly> { assembly };
        for (var next = 0; next < found.Count; next++)
        {
            foreach (var name in found[next].GetReferencedAssemblies().OrderBy(static n => n.FullName, StringComparer.Ordinal))
                if (!IsForeign(name.Name!) && known.Add(name.FullName)) found.Add(Assembly.Load(name));
        }

        return found.FindAll(static one => one.IsDefined(typeof(TypeManifestProviderAttribute)));
    }

    private static bool IsForeign(string name) =>
        Array.Exists(Foreign, prefix => name == prefix || name.StartsWith($"{prefix}.", StringComparison.Ordinal));
}
