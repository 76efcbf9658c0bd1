using System.Buffers.Text;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

/// <summary>
/// Marks the descendants of a command in a way that neither a new session nor a cleared environment removes: by the
/// timer slack of a thread, a few nanoseconds above its default, which every descendant inherits through fork and exec.
/// The mark identifies the attempt of an orphan exactly.
/// Reading it from another process takes CAP_SYS_NICE; without that, session and environment have to suffice.
/// </summary>
internal sealed class AttemptTags
{
    private const int DefaultSlack = 50_000;
    private readonly Lock gate = new();
    private readonly Stack<int> free = [];
    private RunningProcess?[] owners = new RunningProcess?[64];
    private int used = 1;

    /// <summary>Gives an attempt a unique number, and makes it the one that children of this thread inherit.</summary>
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

    /// <summary>Takes the number back. No living process carries it any more.</summary>
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

    /// <summary>Finds the attempt that a process belongs to. Returns false if its timer slack does not say.</summary>
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
