using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>What holds for tasks that wait for others, whatever happens to them.</summary>
public sealed class AfterProperties
{
    private readonly CoreRig rig = new();

    /// <summary>Random steps beside an interpreter that looks at stored rows alone.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void After_AnySteps_WaitsIffSomethingIsOpen_AndNeverTooEarly(int seed)
    {
        var random = new Random(seed);
        var all = new List<TaskId>();
        rig.Node("n", slots: 1_000);
        for (var step = 0; step < 500; step++)
        {
            var held = all.Where(IsHeld).ToArray();
            Step(random, all);
            foreach (var id in held.Where(id => !IsHeld(id)))
            {
                var (state, reason) = (rig.State(id), rig[id].Row.Reason);
                var isAsked = state == TaskState.Cancelled && reason == EndReason.Cancelled;
                var expected = state == TaskState.Cancelled ? DependencyVerdict.Unsatisfiable : DependencyVerdict.Free;
                Assert.True(isAsked || Interpret(id) == expected,
                    $"step {step}: {id} became {state}, {reason}: {Interpret(id)}.");
            }

            foreach (var id in all.Where(IsHeld))
                Assert.True(Interpret(id) == DependencyVerdict.Waiting, $"step {step}: {id} waits: {Interpret(id)}.");
        }

        Assert.Contains(all, id => rig[id].Row.Reason == EndReason.Skipped);
        Assert.Contains(all, id => rig[id].Submission.After is not null && rig.State(id) == TaskState.Succeeded);
    }

    private void Step(Random random, List<TaskId> all)
    {
        var id = all.Count > 0 ? all[^random.Next(1, Math.Min(30, all.Count) + 1)] : default;
        switch (random.Next(10))
        {
            case < 4:
                var parents = all.TakeLast(20).Where(_ => random.Next(6) == 0).Take(4);
                TaskDependency[] after =
                    [.. parents.Select(parent => new TaskDependency(parent, (EndCondition)random.Next(3)))];
                all.Add(rig.Submit(priority: random.Next(10), after: after.Length == 0 ? null : [.. after]));
                break;
            case < 7 when id != default && rig.State(id).IsLeased():
                rig.Exit(id, random.Next(3) == 0 ? 1 : 0);
                break;
            case 7 when id != default:
                rig.Cancel(id);
                break;
            case 8 when id != default:
                rig.Retry(id);
                break;
            case 9 when random.Next(6) == 0:
                rig.Restart();
                rig.Offer("n", 1_000);
                break;
        }
    }

    private bool IsHeld(TaskId id) => rig.State(id) == TaskState.Scheduled;

    private DependencyVerdict Interpret(TaskId id)
    {
        var after = rig[id].Submission.After ?? [];
        var isDoomed = after.Any(one => rig.State(one.Task).IsFinal() && !one.On.IsMetBy(rig.State(one.Task)));
        return isDoomed ? DependencyVerdict.Unsatisfiable
            : after.All(one => rig.State(one.Task).IsFinal()) ? DependencyVerdict.Free
            : DependencyVerdict.Waiting;
    }
}
