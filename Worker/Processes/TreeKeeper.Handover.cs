using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

internal sealed partial class TreeKeeper
{
    private readonly ManualResetEventSlim thawed = new(true);

    /// <summary>
    /// Held while the first thread's list of children is read or an adopted command is reaped, which removes it from
    /// that list: a child that is removed while the list is read makes the kernel skip others. Commands that this
    /// program started are in the lists of their loops.
    /// </summary>
    private readonly Lock firstList = new();

    private static readonly ManualResetEventSlim Adopted = new(true);
    private Pause? pause;
    private int adoptedLeft;

    /// <summary>
    /// Keeps the keeper of this process from looking at any process until <see cref="EndAdoption"/>: it kills children
    /// that belong to no command, and those of an earlier program are not known yet. Called before the keeper is made.
    /// </summary>
    internal static void BeginAdoption() => Adopted.Reset();

    /// <summary>Lets the keeper begin, because all commands of the earlier program are known.</summary>
    internal static void EndAdoption() => Adopted.Set();

    /// <summary>Whether no command may start for now. Checked under the gate of each start.</summary>
    internal bool IsFrozen => !thawed.IsSet;

    /// <summary>Waits until commands may start.</summary>
    internal void AwaitThaw() => thawed.Wait();

    /// <summary>
    /// Keeps slow starts from spawning. Returns false if one is spawning a command and does not end within the limit.
    /// Its caller has paused all loops, which begin no more slow starts.
    /// </summary>
    internal bool TryFreeze(TimeSpan limit)
    {
        thawed.Reset();
        Interlocked.MemoryBarrier();
        foreach (var (start, _) in slowStarts)
        {
            if (!start.StartGate.TryEnter(limit)) return false;
            start.StartGate.Exit();
        }
        return true;
    }

    /// <summary>Lets slow starts continue.</summary>
    internal void Thaw() => thawed.Set();

    /// <summary>Has the keeper's thread pause once it has sent all signals that it was asked to send.</summary>
    internal void PauseAt(Pause at)
    {
        Volatile.Write(ref pause, at);
        Descriptors.Wake(wake);
    }

    /// <summary>
    /// Takes over a command that an earlier program of this process has started and that has not been finished.
    /// </summary>
    internal void Adopt(RunningProcess process)
    {
        leaders[process.ProcessId] = process;
        if (process.IsRunning) Interlocked.Increment(ref adoptedLeft);
        else toClose.Enqueue(process);
        Descriptors.Wake(wake);
    }

    /// <summary>Reaps a command that has ended. Called under the gate of the loop that follows it.</summary>
    internal void Reap(RunningProcess process)
    {
        if (!process.IsAdopted)
        {
            process.Reap();
            return;
        }
        lock (firstList) process.Reap();
        Interlocked.Decrement(ref adoptedLeft);
    }

    /// <summary>Returns the children of the first thread; valid until the list's next use.</summary>
    internal List<int> ReadFirst(OrphanList orphans)
    {
        // It only ever falls to zero, after the last command was adopted.
        if (Volatile.Read(ref adoptedLeft) == 0) return orphans.Read();
        lock (firstList) return orphans.Read();
    }

    private static void AwaitAdoption() => Adopted.Wait();

    private void PauseIfAsked()
    {
        if (toSignal.IsEmpty && Interlocked.Exchange(ref pause, null) is { } asked) asked.Enter();
    }
}
