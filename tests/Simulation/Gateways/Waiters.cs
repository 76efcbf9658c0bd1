using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.Gateways;

/// <summary>Those who wait at the gateway until a task has ended, again and again if need be.</summary>
internal sealed class Waiters(
    SimCluster cluster, SimProcess process, Plan plan, GatewayLife gateways, WaitWatch watch, Referee referee, Coverage coverage,
    Strictness strictness)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    // What the longest wait takes by the fastest clock that the plan allows. A gateway ends a wait of which less than a
    // millisecond is left.
    private readonly TimeSpan shortest = (Longest * (1 - (plan.Drift / 1e6))) - TimeSpan.FromMilliseconds(1);
    private int waiting;

    /// <summary>Whether nobody waits.</summary>
    public bool AreDone => waiting == 0;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Somebody begins to wait.</summary>
    public void Wait(TaskId id) => process.Run(() => Ended(id));

    /// <summary>Completes when somebody who waits has heard that the task has ended.</summary>
    public async Task Ended(TaskId id)
    {
        waiting++;
        while (!await Ask(id))
            await Task.Delay(Again, process.Clock);
        waiting--;
    }

    /// <summary>One request; false when it has to be made again.</summary>
    private async Task<bool> Ask(TaskId id)
    {
        var began = Now;
        try
        {
            var task = await gateways.Ask(gateway => gateway.Waits.Ended(id, Longest, makeRoom: null, CancellationToken.None));
            if (task is null && referee.Tasks[id].IsPruned)
                return true;
            Violation.Unless(task is not null, $"{id} was accepted and cannot be read.");
            if (!task!.State.IsFinal())
            {
                Violation.Unless(Now - began >= shortest, $"A wait for {id} was over after {Now - began}.");
                return false;
            }

            watch.Answered(id, began, Now);
            return true;
        }
        catch (Exception failure) when (failure is not Violation)
        {
            strictness.JudgeRequest("Somebody who waits", failure);
            coverage.Fire("wait saw " + failure.GetType().Name);
            return false;
        }
    }
}
