using System.Globalization;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The worker's session from which on every run has ended with a marker, in its data folder's file <c>first-session</c>. A
/// run that ended without one, killed together with its supervisor, thereby spoils what can be said of the sessions before
/// the next run's, and no others.
/// </summary>
internal static class FirstSession
{
    private const string FileName = "first-session";

    /// <summary>Reads it; 0 when there is none.</summary>
    internal static long Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) && long.TryParse(File.ReadAllText(path), NumberStyles.None, CultureInfo.InvariantCulture, out var session)
            ? session
            : 0;
    }

    /// <summary>
    /// Notes a run's first session, before anything runs in it, unless there is an earlier one.
    /// </summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal static void Note(string folder, long session)
    {
        if (Read(folder) != 0)
            return;
        WholeFile.Write(Path.Combine(folder, FileName), session.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Forgets it: the next run's is the first.</summary>
    internal static void Clear(string folder) => File.Delete(Path.Combine(folder, FileName));
}
