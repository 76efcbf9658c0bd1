using OrleansTasks.Dispatch;

namespace OrleansTasks.Silo.Calls;

/// <summary>Maps the grain interfaces that calls name to the types of our grains.</summary>
public static class GrainTypes
{
    private static readonly Dictionary<string, string> ByInterface = Find();

    /// <summary>
    /// Returns the grain type for an interface, such as <c>cluster-reader</c>; null if it is not a grain's, such as an
    /// observer's.
    /// </summary>
    public static string? Of(string grainInterface) => ByInterface.GetValueOrDefault(grainInterface);

    private static Dictionary<string, string> Find()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var type in typeof(TaskDispatcherGrain).Assembly.GetTypes())
        {
            var named = type.GetCustomAttributesData()
                .FirstOrDefault(static one => one.AttributeType.Name == nameof(GrainTypeAttribute));
            if (named is null)
                continue;
            foreach (var one in type.GetInterfaces()
                .Where(static one => one.FullName?.StartsWith("OrleansTasks.", StringComparison.Ordinal) == true))
                found[one.FullName!] = (string)named.ConstructorArguments[0].Value!;
        }

        return found;
    }
}
