using OrleansTasks.Worker.Supervision;

namespace OrleansTasks.Worker.Agent;

/// <summary>A worker's data folder, as the program that runs the worker takes it over at its start.</summary>
public static class WorkerFolder
{
    /// <summary>
    /// Makes the folder if it is missing, tells the supervisor which worker it watches over, and takes the marker of
    /// an earlier run out of it. To be called once, before the worker runs anything.
    /// </summary>
    /// <returns>Whether nothing that an earlier run of this worker started can be alive.</returns>
    /// <exception cref="IOException">The folder cannot be used.</exception>
    public static bool TakeOver(string folder)
    {
        Directory.CreateDirectory(folder);
        var instance = InstanceFile.ReadOrCreate(folder);
        var runs = ReadRuns(folder);
        var marker = DeadMarker.ReadAndClear(folder);
        var isSpokenFor = marker?.Instance == instance;
        if (isSpokenFor) runs.Remove(marker!.ProcessId);
        runs.Begin(Environment.ProcessId, Now);
        Supervised.Announce(folder, instance);
        return runs.AreAllDead && (isSpokenFor || runs.HadAny);
    }

    /// <summary>
    /// The instance that a folder's marker speaks for, when nothing of any earlier run of it can be alive; null
    /// otherwise. For who
    /// stands by a worker that has died, before the next run takes the folder over.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static string? DeadInstance(string folder)
    {
        if (DeadMarker.Read(folder) is not { } marker) return null;
        var runs = ReadRuns(folder);
        runs.Remove(marker.ProcessId);
        return runs.AreAllDead ? marker.Instance : null;
    }

    private static TimeSpan Now => BootClock.Instance.GetElapsedTime(0);

    private static RunList ReadRuns(string folder) => RunList.Read(folder, File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), Now);
}
