using OrleansTasks.Lifetime;
using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Agent;

/// <summary>Prepares a worker's data folder when the program that runs the worker starts.</summary>
public static class WorkerFolder
{
    /// <summary>Returns the folder in it that holds the tasks' working folders.</summary>
    public static string WorkOf(string folder) => Path.Combine(folder, "work");

    /// <summary>
    /// Creates the folder if it is missing, informs the supervisor which worker it watches, and removes the marker of
    /// an earlier run. Call it once, before the worker runs anything.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The worker's name.</param>
    /// <returns>What is known of the earlier runs.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not use the folder.</exception>
    public static EarlierRuns TakeOver(string folder, string name) => TakeOver(folder, name, Environment.ProcessId);

    /// <summary>Takes over the folder for the run of a given process.</summary>
    internal static EarlierRuns TakeOver(string folder, string name, int processId)
    {
        Directory.CreateDirectory(folder);
        TryLater(folder);
        var instance = InstanceFile.ReadOrCreate(folder);
        var runs = ReadRuns(folder);
        var marker = DeadMarker.ReadAndClear(folder);
        if (marker?.Instance != instance) marker = null;
        var earlier = Judge(folder, name, runs, marker);
        // Clear the sessions before the list is written: a run that ended without a marker must never be covered by a
        // later one's.
        if (earlier.DeadSessions.IsEmpty) SessionFile.Clear(folder);
        runs.Begin(processId, Now);
        Supervised.Announce(folder, instance);
        return earlier;
    }

    /// <summary>
    /// Returns the instance that a folder's marker covers, and what is known of its runs, including the one that ended;
    /// null if nothing is known. Called by the program that cleans up after a dead worker, before the next run takes
    /// over the folder.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static (string Instance, EarlierRuns Runs)? DeadInstance(string folder, string name)
    {
        if (DeadMarker.Read(folder) is not { } marker) return null;
        var runs = Judge(folder, name, ReadRuns(folder), marker);
        return runs.IsNothing ? null : (marker.Instance, runs);
    }

    /// <summary>Tries the files that the running worker needs, while a failure still only prevents the start.</summary>
    private static void TryLater(string folder)
    {
        ResultFile.In(folder).Dispose();
        _ = Directory.CreateDirectory(WorkOf(folder)).EnumerateDirectories().FirstOrDefault();
    }

    private static EarlierRuns Judge(string folder, string name, RunList runs, DeadMarker? marker)
    {
        if (marker is not null) runs.Remove(marker.ProcessId);
        if (runs.AreAllDead) return new(marker is not null || runs.HadAny);
        return new(marker?.ProcessId == runs.Last ? SessionFile.Read(folder, name) : []);
    }

    private static TimeSpan Now => BootClock.Instance.GetElapsedTime(0);

    private static RunList ReadRuns(string folder) => RunList.Read(folder, File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), Now);
}
