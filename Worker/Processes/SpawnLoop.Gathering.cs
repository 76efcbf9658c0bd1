using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// A command that flushes every line would wake this thread, and whoever takes its lines, for each of them, which costs more than the
/// lines do. Where the sink agrees, what is written within a millisecond is left in the pipe until then.
/// </summary>
internal sealed unsafe partial class SpawnLoop
{
    private const int GatherMilliseconds = 1;

    /// <summary>Who writes as much as this at once would fill its pipe meanwhile.</summary>
    private const int SmallRead = 16 * 1024;

    private readonly List<ulong> gathering = [];
    private long gatheringSince;

    private int LongestWait => gathering.Count == 0 ? -1 : GatherMilliseconds;

    private void GatherIfSmall(Slot slot, int read)
    {
        if (read >= SmallRead || slot.Process!.Request.Output is not { Gathers: true }) return;
        var tag = SlotTable.TagOf(slot, SlotEvent.Output);
        Rewatch(slot.Output, 0, tag);
        if (gathering.Count == 0) gatheringSince = parts.Time.GetTimestamp();
        gathering.Add(tag);
    }

    private void EndGathering()
    {
        if (gathering.Count == 0 || parts.Time.GetElapsedTime(gatheringSince).TotalMilliseconds < GatherMilliseconds) return;
        foreach (var tag in gathering)
        {
            // One that is full was paused, and is watched again when it is resumed.
            if (slots.Find(tag) is { Process.Request.Output: not { IsFull: true } } slot) Rewatch(slot.Output, Libc.EPOLLIN, tag);
        }
        gathering.Clear();
    }
}
