using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Pages;

/// <summary>
/// Reads the state of the system for the plain page. Concurrent requests share a reading, and a reading is reused for
/// at least ten times as long as it took, because counting takes longer the more tasks are stored.
/// </summary>
public sealed class SystemWatch(GatewayGrains grains, TimeProvider time)
{
    private const int Shown = 20;
    private const int UsedForTimes = 10;
    private static readonly TimeSpan UsedForAtLeast = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private Task<SystemView>? reading;
    private long usedUntil;

    /// <summary>Returns the state, read now or reused as described above.</summary>
    internal Task<SystemView> Read()
    {
        lock (gate)
        {
            if (reading is null or { IsCompleted: true } && (reading is not { IsCompletedSuccessfully: true } || Left() <= 0))
                reading = ReadNow();
            return reading;
        }
    }

    private long Left() => Volatile.Read(ref usedUntil) - time.GetTimestamp();

    private async Task<SystemView> ReadNow()
    {
        var began = time.GetTimestamp();
        var counts = grains.Tasks.Summarize(TaskFilter.All);
        var nodes = grains.Fleet.List();
        var queues = grains.Queues.List();
        var recent = grains.Tasks.ListBy(
            new TaskListQuery(TaskFilter.All, TaskSort.Created, 0, null, Shown, AsRows: true));
        await Task.WhenAll(counts, nodes, queues, recent);
        var use = Math.Max(
            (time.GetTimestamp() - began) * UsedForTimes, (long)(UsedForAtLeast.TotalSeconds * time.TimestampFrequency));
        Volatile.Write(ref usedUntil, time.GetTimestamp() + use);
        return new SystemView(await counts, await nodes, await queues, await recent ?? []);
    }
}
