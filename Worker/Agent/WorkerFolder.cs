using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Agent;

/// <summary>A worker's data folder, as the program that runs the worker takes it over at its start.</summary>
public static class WorkerFolder
{
    /// <summary>Where in it tasks get their working folders.</summary>
    public static string WorkOf(string folder) => Path.Combine(folder, "work");

    /// <summary>
    /// Makes the folder if it is missing, tells the supervisor which worker it watches over, and takes the marker of
    /// an earlier run out of it. To be called once, before the worker runs anything.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The worker's name.</param>
    /// <returns>What is known of the runs before.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    /// <exception cref="UnauthorizedAccessException">As well, for want of a right to.</exception>
    public static EarlierRuns TakeOver(string folder, string name) => TakeOver(folder, name, Environment.ProcessId);

    /// <summary>The same, for a run of that process.</summary>
    internal static EarlierRuns TakeOver(string folder, string name, int processId)
    {
        Directory.CreateDirectory(folder);
        TryLater(folder);
        var instance = InstanceFile.ReadOrCreate(folder);
        var runs = ReadRuns(folder);
        var marker = DeadMarker.ReadAndClear(folder);
        if (marker?.Instance != instance) marker = null;
        var earlier = Judge(folder, name, runs, marker);
        // Forgotten before the list: a run that ended without a marker must never be within what is vouched for.
        if (earlier.DeadSessions.IsEmpty) SessionFile.Clear(folder);
        runs.Begin(processId, Now);
        Supervised.Announce(folder, instance);
        return earlier;
    }

    /// <summary>
    /// The instance that a folder's marker speaks for, and what is known of its runs, the one that has ended among
    /// them; null when that is nothing. For who stands by a worker that has died, before the next run takes the folder
    /// over.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static (string Instance, EarlierRuns Runs)? DeadInstance(string folder, string name)
    {
        if (DeadMarker.Read(folder) is not { } marker) return null;
        var runs = Judge(folder, name, ReadRuns(folder), marker);
        return runs.IsNothing ? null : (marker.Instance, runs);
    }

    /// <summary>Tries what is used once the worker runs, as long as a failure only forbids the start.</summary>
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
