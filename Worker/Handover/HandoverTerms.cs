using System.Globalization;
using OrleansTasks.Worker.Hosting;

namespace OrleansTasks.Worker.Handover;

/// <summary>
/// The settings that must be equal for one program to take over another one's work. The running program passes its
/// terms to the installed one in an environment variable and asks it whether it agrees (<c>--check</c>).
/// </summary>
internal static class HandoverTerms
{
    /// <summary>The name of the environment variable.</summary>
    internal const string Variable = "ORLEANSTASKS_HANDOVER_TERMS";

    /// <summary>
    /// The version of the document. It changes if a program would misread the document of another version; fields that
    /// a program may ignore do not change it.
    /// </summary>
    internal const int Version = 1;

    /// <summary>Returns the terms of a worker with these options.</summary>
    internal static string Of(WorkerOptions options) => string.Join(
        '\n', Version.ToString(CultureInfo.InvariantCulture), options.Name, UserOf(options), options.Data);

    /// <summary>
    /// Returns why a program with these options cannot take over the work of one with other terms; null if it can.
    /// </summary>
    internal static string? FaultOf(WorkerOptions options, string terms)
    {
        // The folder comes last, since its name may contain anything.
        if (terms.Split('\n', 4) is not [var version, var name, var user, var data] || version != Version.ToString(CultureInfo.InvariantCulture))
            return $"this program takes over from programs with handover version {Version} only. Restart the worker instead.";
        if (name != options.Name)
            return Changed("--name", options.Name, name);
        if (data != options.Data)
            return Changed("--data", options.Data, data);
        return user == UserOf(options) ? null : Changed("the user of tasks", UserOf(options), user);
    }

    private static string UserOf(WorkerOptions options) =>
        options.RunAs is not { } user ? "" : $"{user.Option} {(user.Range is { } range ? $"{range.First}-{range.Last}" : user.Uid)}";

    private static string Changed(string what, string now, string before) =>
        $"{what} is now '{now}', and the running worker has '{before}'. Restart the worker instead.";
}
