using System.Reflection;

namespace OrleansTasks.Cli;

/// <summary>The version of this program.</summary>
internal static class VersionText
{
    /// <summary>As the gateway tells its own: without what the build adds behind a plus sign.</summary>
    public static string Own { get; } =
        (typeof(VersionText).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion
            ?? "unknown").Split('+')[0];
}
