using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Marks what a command starts with something that neither a new session nor a cleaned environment takes off: the
/// timer slack of a thread, some nanoseconds above its default, which every descendant inherits through fork and
/// exec. It names the attempt an orphan belongs to exactly; reading it of another process takes CAP_SYS_NICE, without
/// which session and environment have to do.
/// </summary>
internal sealed class AttemptTags
{
    private const int DefaultSlack = 50_000;
    private readonly Lock gate = new();
    private readonly Stack<int> free = [];
    private RunningProcess?[] owners = new RunningProcess?[64];
    private int used = 1;

    /// <summary>
    /// Gives an attempt a number that no other has, and makes it the one that this thread's children inherit.
    /// </summary>
    internal void Put(RunningProcess process)
    {
        lock (gate)
        {
            if (!free.TryPop(out var tag)) tag = used++;
            if (tag == owners.Length) Array.Resize(ref owners, owners.Length * 2);
            owners[tag] = process;
            process.Tag = tag;
        }
        _ = Libc.prctl(Libc.PR_SET_TIMERSLACK, (nuint)(DefaultSlack + process.Tag), 0, 0, 0);
    }

    /// <summary>Takes the number back: nothing that carries it is left.</summary>
    internal void Release(RunningProcess process)
    {
        if (process.Tag == 0) return;
        lock (gate)
        {
            owners[process.Tag] = null;
            free.Push(process.Tag);
        }
        process.Tag = 0;
    }

    /// <summary>Reads whose a process is; false when that cannot be told.</summary>
    internal bool TryFindOwner(int pid, out RunningProcess? owner)
    {
        owner = null;
        Span<byte> buffer = stackalloc byte[32];
        var length = Descriptors.ReadSmall($"/proc/{pid}/timerslack_ns", buffer);
        if (length <= 0 || !Utf8Parser.TryParse(buffer[..length], out long slack, out _)) return false;
        var tag = slack - DefaultSlack;
        lock (gate)
        {
            if (tag <= 0 || tag >= used) return false;
            owner = owners[tag];
            return true;
        }
    }
}
