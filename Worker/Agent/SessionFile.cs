using System.Collections.Immutable;
using System.Globalization;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The worker's sessions of all runs that have ended with a marker and of the present one, in its data folder's file <c>sessions</c>: a
/// line each, the worker's name and the number. A run that ended without a marker, killed together with its supervisor, thereby spoils
/// what can be said of its own sessions, and of no others.
/// </summary>
internal static class SessionFile
{
    /// <summary>How many are kept, the latest: of older ones nothing is said.</summary>
    internal const int Most = 64;

    private const string FileName = "sessions";

    /// <summary>Reads those that a worker of this name has had, in the order in which they were noted.</summary>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    internal static ImmutableArray<long> Read(string folder, string name)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? [.. File.ReadAllLines(path).Select(line => Number(line, name)).Where(static number => number > 0)] : [];
    }

    /// <summary>Notes a session, before anything runs in it.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Note(string folder, string name, long session)
    {
        var noted = Read(folder, name).Append(session).TakeLast(Most);
        var text = string.Concat(noted.Select(number => string.Create(CultureInfo.InvariantCulture, $"{name} {number}\n")));
        WholeFile.Write(Path.Combine(folder, FileName), text);
    }

    /// <summary>Forgets all.</summary>
    internal static void Clear(string folder) => File.Delete(Path.Combine(folder, FileName));

    private static long Number(string line, string name) =>
        line.Split(' ') is [var of, var number] && of == name
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var session)
            ? session
            : 0;
}
