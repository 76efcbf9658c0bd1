using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Supervision;

/// <summary>
/// Kills the processes that an agent started if the agent misses its deadline: it is stopped, frozen or swapped out, so
/// its tasks continue to run while their lease is about to end. Does not kill the agent, which continues when it can.
/// </summary>
/// <param name="agent">The agent's process id.</param>
/// <param name="pipe">The messages from the agent.</param>
/// <param name="clock">CLOCK_BOOTTIME, in nanoseconds.</param>
/// <param name="replaced">Called when the agent says that its program was replaced; null to ignore that.</param>
internal sealed class AgentFence(int agent, SupervisionPipe pipe, TimeProvider clock, Action? replaced)
{
    /// <summary>
    /// The maximum time between two checks of the clock, in milliseconds.
    /// Waits stop while the machine is suspended, but deadlines do not.
    /// </summary>
    private const int LongestWait = 1000;

    /// <summary>The time until the next check after processes were killed, in milliseconds.</summary>
    private const int NextLook = 20;

    /// <summary>Watches on its own thread until the agent has ended.</summary>
    internal void Begin() => new Thread(Watch, 256 * 1024) { IsBackground = true, Name = "agent-fence" }.Start();

    private void Watch()
    {
        var wait = Timeout.Infinite;
        var looked = Now;
        while (pipe.Wait(wait))
        {
            var (now, before) = (Now, looked);
            looked = now;
            if (pipe.TakeReplaced())
                replaced?.Invoke();
            if (pipe.Fence is not { } deadline)
                wait = Timeout.Infinite;
            else if (deadline > now)
                wait = (int)Math.Min(deadline - now + 1, LongestWait);
            // This process was stopped as well and may have missed a renewal. A running agent repeats it within a
            // second.
            else if (now - before > 2 * LongestWait)
                wait = LongestWait + NextLook;
            else
            {
                var killed = Kill();
                if (killed > 0 && wait != NextLook)
                    Report(killed);
                wait = killed > 0 ? NextLook : LongestWait;
            }
        }
    }

    private long Now => clock.GetTimestamp() / 1_000_000;

    private void Report(int killed) => Console.Error.WriteLine(
        $"The worker (process {agent}) does not respond and its lease is ending; killed {killed} processes of its tasks.");

    /// <summary>Kills all living descendants of the agent. Returns their number.</summary>
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
