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
        var marker = DeadMarker.ReadAndClear(folder);
        Supervised.Announce(folder, instance);
        return marker?.Instance == instance;
    }
}
