using System.Collections.Immutable;
using System.Globalization;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The worker's sessions, in the file <c>sessions</c> of its data folder: those of the present run and of earlier runs
/// that ended with a marker. Each line is the worker's name and a session number. If a run ends without a marker,
/// because it was killed together with its supervisor, nothing can be said of its own sessions; other sessions are not
/// affected.
/// </summary>
internal static class SessionFile
{
    /// <summary>The maximum number of sessions kept, the latest ones. Nothing is said of older ones.</summary>
    internal const int Most = 64;

    private const string FileName = "sessions";

    /// <summary>Reads the sessions of a worker with this name, in the order in which they were noted.</summary>
    /// <exception cref="IOException">The file exists but cannot be read.</exception>
    internal static ImmutableArray<long> Read(string folder, string name)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => Number(line, name)).Where(static number => number > 0)] : [];
    }

    /// <summary>Records a session, before any task runs in it.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    internal static void Note(string folder, string name, long session)
    {
        var noted = Read(folder, name).Append(session).TakeLast(Most);
        var text = string.Concat(noted.Select(number => string.Create(CultureInfo.InvariantCulture, $"{name} {number}\n")));
        WholeFile.Write(Path.Combine(folder, FileName), text);
    }

    /// <summary>Removes all sessions.</summary>
    internal static void Clear(string folder) => File.Delete(Path.Combine(folder, FileName));

    private static long Number(string line, string name) =>
        line.Split(' ') is [var of, var number] && of == name
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var session)
            ? session
            : 0;
}
