using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Kills what an agent has started when the agent has let its deadline pass: it stands still (stopped, frozen or swapped out), while
/// its tasks go on, and their lease is about to end. The agent itself is left alone, and goes on when it can.
/// </summary>
/// <param name="agent">The agent's process id.</param>
/// <param name="pipe">What the agent says.</param>
/// <param name="clock">What its deadlines are counted by, in nanoseconds.</param>
internal sealed class AgentFence(int agent, SupervisionPipe pipe, TimeProvider clock)
{
    /// <summary>How often a deadline is looked at: the system's waits stop with a suspended machine, and deadlines do not.</summary>
    private const int LongestWait = 1000;

    /// <summary>How long after a look that found something to kill the next one comes.</summary>
    private const int NextLook = 20;

    /// <summary>Watches until the agent has ended, on a thread of its own.</summary>
    internal void Begin() => new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "agent-fence" }.Start();

    private void Watch()
    {
        var wait = -1;
        var told = 0;
        while (pipe.Wait(wait))
        {
            if (pipe.Fence is not { } deadline)
            {
                (wait, told) = (-1, 0);
                continue;
            }

            var left = (deadline - clock.GetTimestamp()) / 1_000_000;
            var killed = left > 0 ? 0 : Kill();
            if (killed > 0 && told == 0)
                Console.Error.WriteLine($"The agent (process {agent}) stands still and its lease runs out: {killed} processes of its tasks are killed.");
            told += killed;
            wait = left > 0 ? (int)Math.Min(left + 1, LongestWait) : killed > 0 ? NextLook : LongestWait;
        }
    }

    private int Kill()
    {
        var found = new List<ProcessStat>();
        ProcessTree.AddDescendants(agent, found);
        found.RemoveAll(static process => process.IsDead);
        foreach (var process in found)
            _ = ProcessTree.Signal(process, Libc.SIGKILL);
        return found.Count;
    }
}
