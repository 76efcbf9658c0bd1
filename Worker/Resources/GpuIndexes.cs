using System.Globalization;

namespace OrleansTasks.Worker.Resources;

/// <summary>
/// The GPUs of this machine by index, and which attempts have them. The worker gives them out, because only the worker
/// knows when the processes that use one are dead. Not thread-safe; the agent calls it under its gate.
/// </summary>
internal sealed class GpuIndexes(IEnumerable<int> all)
{
    private readonly SortedDictionary<int, string?> owners = new(all.Distinct().ToDictionary(static index => index, static _ => (string?)null));

    // What NVIDIA's driver shares between GPUs. A command that has none does not need these.
    private static readonly string[] SharedDevices = ["nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset"];

    /// <summary>Returns the names in /dev that a command with these GPUs needs, as NVIDIA's driver gives them.</summary>
    internal static IReadOnlyList<string> DevicesOf(IReadOnlyList<int> gpus) =>
        gpus.Count == 0 ? [] : [.. SharedDevices, .. gpus.Select(static index => MachineResources.GpuPrefix + index.ToString(CultureInfo.InvariantCulture))];

    /// <summary>All indexes in order, with the id of the task that has each; null for none.</summary>
    internal IEnumerable<KeyValuePair<int, string?>> All => owners;

    /// <summary>Returns whether so many are free.</summary>
    internal bool Has(long count) => count <= 0 || owners.Values.Count(static owner => owner is null) >= count;

    /// <summary>Gives free GPUs, those with the lowest indexes, to a task.</summary>
    internal IReadOnlyList<int> Take(long count, string task)
    {
        if (count <= 0)
            return [];
        IReadOnlyList<int> taken = [.. owners.Where(static one => one.Value is null).Select(static one => one.Key).Take((int)count)];
        Adopt(taken, task);
        return taken;
    }

    /// <summary>Notes that a task has these, which an earlier program of this process gave to it.</summary>
    internal void Adopt(IEnumerable<int> indexes, string task)
    {
        foreach (var index in indexes)
            owners[index] = task;
    }

    /// <summary>Takes GPUs back from an attempt whose processes are dead.</summary>
    internal void Release(IReadOnlyList<int> indexes)
    {
        foreach (var index in indexes)
            owners[index] = null;
    }
}
