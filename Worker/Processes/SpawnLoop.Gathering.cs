using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// If the sink agrees, the loop reads the output of a command only once in a millisecond: small writes are gathered,
/// and the pipe of a command that writes much is enlarged. Otherwise a command that flushes every line would wake this
/// thread, and the reader of its lines, for each line, which costs more than the lines themselves. A command that
/// writes much and this thread would wake each other every few kilobytes.
/// </summary>
internal sealed unsafe partial class SpawnLoop
{
    private const int GatherMilliseconds = 1;

    /// <summary>
    /// A read of at least this size is not gathered: the command would fill its pipe within the millisecond.
    /// </summary>
    private const int SmallRead = 16 * 1024;

    /// <summary>The pipe of a command is enlarged once the command has written this much.</summary>
    private const int MuchOutput = 256 * 1024;

    private const int WideRoom = 1024 * 1024;

    /// <summary>
    /// A user who is not root may have 64 MiB of pipes before the system makes new pipes tiny.
    /// The loops of a host, at most eight unless it is told otherwise, together use at most half of that.
    /// </summary>
    private const int MostWide = 4;

    private readonly List<ulong> gathering = [];
    private int wide;
    private long gatheringSince;

    private int LongestWait => gathering.Count == 0 ? -1 : GatherMilliseconds;

    private void WidenIfMuch(Slot slot, int read)
    {
        slot.OutputRead += read;
        // Requested only once for each command, when it crosses the threshold.
        if (slot.OutputRead < MuchOutput || slot.OutputRead - read >= MuchOutput || wide == MostWide) return;
        if (slot.Process!.Request.Output is not { TakesMuch: true }) return;
        // If the system refuses, the pipe keeps its usual size.
        if (Libc.fcntl(slot.Output, Libc.F_SETPIPE_SZ, WideRoom) < 0) return;
        slot.IsWide = true;
        wide++;
    }

    private void GatherIfSmall(Slot slot, int read)
    {
        // The buffer is full, so the pipe has more.
        if (slot.IsWide && read == BufferSize) return;
        if (!slot.IsWide && (read >= SmallRead || slot.Process!.Request.Output is not { Gathers: true })) return;
        var tag = SlotTable.TagOf(slot, SlotEvent.Output);
        // Not watched again before EndGathering.
        Rewatch(slot.Output, 0, tag);
        if (gathering.Count == 0) gatheringSince = parts.Time.GetTimestamp();
        gathering.Add(tag);
    }

    private void EndGathering()
    {
        if (gathering.Count == 0 || parts.Time.GetElapsedTime(gatheringSince).TotalMilliseconds < GatherMilliseconds) return;
        foreach (var tag in gathering)
        {
            // A stream whose sink is full was paused; the loop watches it again when it is resumed.
            if (slots.Find(tag) is { Process.Request.Output: not { IsFull: true } } slot) Rewatch(slot.Output, Libc.EPOLLIN, tag);
        }
        gathering.Clear();
    }
}
