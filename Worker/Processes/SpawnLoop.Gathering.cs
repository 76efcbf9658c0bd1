using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// A command that flushes every line would wake this thread, and whoever takes its lines, for each of them, which costs more than the
/// lines do. Where the sink agrees, what is written within a millisecond is left in the pipe until then. The pipe of a command that
/// writes much is made larger, and is read in the same way: otherwise the command and this thread wake each other for a few kilobytes.
/// </summary>
internal sealed unsafe partial class SpawnLoop
{
    private const int GatherMilliseconds = 1;

    /// <summary>Who writes as much as this at once would fill its pipe meanwhile.</summary>
    private const int SmallRead = 16 * 1024;

    /// <summary>A command that has written less leaves its pipe as it was made.</summary>
    private const int MuchOutput = 256 * 1024;

    private const int WideRoom = 1024 * 1024;

    /// <summary>
    /// A user who is not root has 64 MiB of pipes before the system makes his next ones tiny: a host's eight loops take half of it.
    /// </summary>
    private const int MostWide = 4;

    private readonly List<ulong> gathering = [];
    private int wide;
    private long gatheringSince;

    private int LongestWait => gathering.Count == 0 ? -1 : GatherMilliseconds;

    private void WidenIfMuch(Slot slot, int read)
    {
        slot.OutputRead += read;
        // Asked for once a command: as it passes the bound.
        if (slot.OutputRead < MuchOutput || slot.OutputRead - read >= MuchOutput || wide == MostWide) return;
        if (slot.Process!.Request.Output is not { TakesMuch: true }) return;
        // A system that grants no more leaves the usual room.
        if (Libc.fcntl(slot.Output, Libc.F_SETPIPE_SZ, WideRoom) < 0) return;
        slot.IsWide = true;
        wide++;
    }

    private void GatherIfSmall(Slot slot, int read)
    {
        if (slot.IsWide ? read == BufferSize : read >= SmallRead || slot.Process!.Request.Output is not { Gathers: true }) return;
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
