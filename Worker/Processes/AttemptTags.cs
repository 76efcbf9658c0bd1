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
    internal const int DefaultSlack = 50_000;
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

    /// <summary>How many numbers have been used, counting 0.</summary>
    internal int Used
    {
        get
        {
            lock (gate) return used;
        }
    }

    /// <summary>
    /// Takes over the numbers of an earlier program of this process, before this one gives any out.
    /// </summary>
    /// <param name="count">How many numbers it had used, counting 0.</param>
    /// <param name="processes">The attempts that still have their numbers.</param>
    /// <param name="doomed">The numbers of processes that were killed and may not have ended yet.</param>
    internal void Restore(int count, IEnumerable<RunningProcess> processes, IEnumerable<int> doomed)
    {
        lock (gate)
        {
            used = Math.Max(1, count);
            owners = new RunningProcess?[Math.Max(owners.Length, used * 2)];
            foreach (var process in processes)
                if (process.Tag > 0 && process.Tag < used) owners[process.Tag] = process;
            var lost = doomed.ToHashSet();
            free.Clear();
            for (var tag = used - 1; tag > 0; tag--)
                if (owners[tag] is null && !lost.Contains(tag)) free.Push(tag);
        }
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
