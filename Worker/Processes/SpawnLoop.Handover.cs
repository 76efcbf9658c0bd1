using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes;

internal sealed unsafe partial class SpawnLoop
{
    private Pause? pause;

    /// <summary>The commands that this loop follows. Read while the loop is paused.</summary>
    internal IEnumerable<Slot> Followed => slots.InUse;

    /// <summary>Has the loop pause between two events. May be called from any thread; does not wait.</summary>
    internal void PauseAt(Pause at)
    {
        Volatile.Write(ref pause, at);
        Descriptors.Wake(requestsEvent);
    }

    /// <summary>Follows a command that an earlier program of this process has started.</summary>
    internal void Adopt(RunningProcess process, SpawnedPipes pipes)
    {
        adopted.Enqueue((process, pipes, null));
        Descriptors.Wake(requestsEvent);
    }

    private void PauseIfAsked()
    {
        if (Interlocked.Exchange(ref pause, null) is { } asked) asked.Enter();
    }
}
