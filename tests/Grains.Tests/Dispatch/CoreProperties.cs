using FsCheck;
using FsCheck.Fluent;
using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>
/// Properties over any sequence of steps, shrunk to the shortest that fails. The rig's store checks every commit: legal changes
/// only, one final state, tokens and counts.
/// </summary>
public sealed class CoreProperties
{
    private static readonly TaskTrigger[] Triggers = Enum.GetValues<TaskTrigger>();

    [Fact]
    public void Transitions_AnySequence_AFinalStateIsLeftByRetryHoldOrUndoAlone() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[]>(static steps =>
        {
            var state = TaskState.Queued;
            foreach (var step in steps)
            {
                var trigger = Triggers[step % Triggers.Length];
                if (TaskTransitions.TryNext(state, trigger) is not { } next)
                    continue;
                var expected = trigger switch
                {
                    TaskTrigger.Retry or TaskTrigger.UndoToQueued => TaskState.Queued,
                    TaskTrigger.Hold or TaskTrigger.UndoToScheduled => TaskState.Scheduled,
                    _ => default(TaskState?),
                };
                if (state.IsFinal() && (state == TaskState.Succeeded || next != expected))
                    return false;
                if (next == TaskState.Running && (state != TaskState.Assigned || trigger != TaskTrigger.Confirm))
                    return false;
                state = next;
            }

            return true;
        }));

    [Fact]
    public void Core_AnyScript_KeepsToItsSlotsAndEndsEveryTask() =>
        Check.One(Config.QuickThrowOnFailure, Prop.ForAll<byte[]>(static script =>
        {
            var rig = new CoreRig();
            rig.Node("n", slots: 2);
            var ids = new List<TaskId>();
            foreach (var step in script)
            {
                Step(rig, ids, step);
                if (rig.Store.Leased.Count() > 2)
                    return false;
            }

            // Left alone, with every attempt succeeding, all come to an end.
            for (var round = 0; round < (4 * ids.Count) + 4; round++)
            {
                Pass(rig, ids, 1_000);
                rig.Offer("n", 2);
                foreach (var id in ids.Where(id => rig.State(id).IsLeased()).ToArray())
                    rig.Exit(id);
            }

            return ids.TrueForAll(id => rig.State(id).IsFinal()) && rig.Core.OpenCount == 0;
        }));

    /// <summary>Time goes by, and the node says that it still has what it was given.</summary>
    private static void Pass(CoreRig rig, List<TaskId> ids, long milliseconds)
    {
        rig.Advance(milliseconds);
        rig.RenewByList("n", 1, [.. ids.Where(id => rig.State(id).IsLeased()).Select(rig.LeaseOf)]);
    }

    /// <summary>The low three bits say what happens, the others to whom.</summary>
    private static void Step(CoreRig rig, List<TaskId> ids, byte step)
    {
        if ((step & 7) == 0 || ids.Count == 0)
        {
            ids.Add(rig.Submit(priority: step % 10, retry: new RetryPolicy(1 + (step % 3), 100, 1_000, step % 2 == 0)));
            return;
        }

        var id = ids[(step >> 3) % ids.Count];
        var isLeased = rig.State(id).IsLeased();
        switch (step & 7)
        {
            case 1 when isLeased:
                rig.Start(id);
                break;
            case 2 when isLeased:
                rig.Exit(id);
                break;
            case 3 when isLeased:
                rig.Exit(id, 1);
                break;
            case 4 when isLeased:
                rig.Refuse(id);
                break;
            case 5:
                rig.Cancel(id);
                break;
            case 6 when rig.State(id).IsFinal():
                rig.Retry(id);
                break;
            case 7:
                Pass(rig, ids, step * 10L);
                break;
        }
    }
}
