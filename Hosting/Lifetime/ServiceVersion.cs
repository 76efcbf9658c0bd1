using System.Reflection;

namespace OrleansTasks.Lifetime;

/// <summary>The version of this program.</summary>
public static class ServiceVersion
{
    /// <summary>The version as text, such as <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ServiceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            .Split('+')[0] ?? "unknown";
}
