using System.Reflection;

namespace OrleansTasks.Cli;

/// <summary>The version of this program.</summary>
internal static class VersionText
{
    /// <summary>
    /// The version in the gateway's format: without the part after the plus sign that the build adds.
    /// </summary>
    public static string Own { get; } =
        (typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown").Split('+')[0];
}
