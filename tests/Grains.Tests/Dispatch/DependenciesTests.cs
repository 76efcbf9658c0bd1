using OrleansTasks.Tasks;

namespace OrleansTasks.Grains.Tests.Dispatch;

/// <summary>The graph of what waits for what, alone.</summary>
public sealed class DependenciesTests
{
    private readonly Dependencies graph = new();

    [Fact]
    public void Unknown_ParentsOfLoadedTasks_AreListedUntilLearned_AndHoldTheirChildren()
    {
        graph.Hold(Id(1), [On(10), On(11), On(12), On(13)], id => id == Id(13) ? TaskState.Queued : null);
        Assert.Equal([Id(10), Id(11)], graph.Unknown(2));
        graph.Ended(Id(10), TaskState.Succeeded);
        graph.Opened(Id(12));
        Assert.Equal([Id(11)], graph.Unknown(9));
        graph.Gone(Id(11));
        Assert.Empty(graph.Unknown(9));

        Assert.Equal((2, [Id(12), Id(13)]), graph.Waits(Id(1)), WaitsComparer);
        Assert.False(graph.TryTake(out _, out _));
        graph.Ended(Id(12), TaskState.Succeeded);
        graph.Ended(Id(13), TaskState.Succeeded);
        Assert.True(graph.TryTake(out var taken, out var verdict));
        Assert.Equal((Id(1), DependencyVerdict.Free), (taken, verdict));
    }

    [Fact]
    public void Removed_Children_LeaveNothingBehind()
    {
        graph.Hold(Id(1), [On(10), On(11)], static _ => null);
        graph.Hold(Id(2), [On(11)], static _ => null);
        graph.Ended(Id(11), TaskState.Failed);
        graph.Remove(Id(1));
        graph.Remove(Id(2));

        Assert.False(graph.TryTake(out _, out _));
        Assert.Empty(graph.Unknown(9));
        Assert.Equal(0, graph.Count);
        // Known anew: nothing is kept of its end.
        graph.Hold(Id(3), [On(11)], static _ => TaskState.Running);
        Assert.Equal(DependencyVerdict.Waiting, graph.VerdictOf(Id(3)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void AnyChanges_VerdictsAreThoseOfAnInterpreter_AndEachChangeIsTaken(int seed)
    {
        var random = new Random(seed);
        // Of a parent: null while it is open or unknown.
        var states = new Dictionary<TaskId, TaskState?>();
        var gone = new HashSet<TaskId>();
        var children = new Dictionary<TaskId, ImmutableArray<TaskDependency>>();
        for (var step = 1; step <= 3_000; step++)
        {
            var before = children.Keys.ToDictionary(static id => id, Interpret);
            var parent = Id((ulong)random.Next(1_000, 1_040));
            switch (random.Next(8))
            {
                case 0 or 1:
                    var after = Enumerable.Range(1_000, 40).Where(_ => random.Next(10) == 0).Select(id => new TaskDependency(Id((ulong)id), (EndCondition)random.Next(3)));
                    children.Add(Id((ulong)step + 10_000), [.. after]);
                    graph.Hold(Id((ulong)step + 10_000), children[Id((ulong)step + 10_000)], id =>
                        gone.Contains(id) ? null : states.GetValueOrDefault(id) ?? TaskState.Running);
                    // A graph that forgets a parent is told anew, as the store would.
                    foreach (var forgotten in children[Id((ulong)step + 10_000)].Where(one => gone.Contains(one.Task)))
                        graph.Gone(forgotten.Task);
                    break;
                case 2 or 3:
                    states[parent] = (TaskState)random.Next((int)TaskState.Succeeded, (int)TaskState.Cancelled + 1);
                    gone.Remove(parent);
                    graph.Ended(parent, states[parent]!.Value);
                    break;
                case 4 or 5:
                    states[parent] = null;
                    gone.Remove(parent);
                    graph.Opened(parent);
                    break;
                case 6:
                    gone.Add(parent);
                    graph.Gone(parent);
                    break;
                case 7 when children.Count > 0:
                    var child = children.Keys.ElementAt(random.Next(children.Count));
                    children.Remove(child);
                    graph.Remove(child);
                    break;
            }

            var taken = new HashSet<TaskId>();
            while (graph.TryTake(out var id, out var verdict))
            {
                // A message is made of a failure alone: to make one at each of a million steps takes longer than all of them.
                if (!taken.Add(id))
                    Assert.Fail($"step {step}: {id} was taken twice.");
                Assert.Equal(Interpret(id), verdict);
            }

            foreach (var id in children.Keys)
            {
                Assert.Equal(Interpret(id), graph.VerdictOf(id));
                var isDecided = Interpret(id) != DependencyVerdict.Waiting && before.GetValueOrDefault(id) != Interpret(id);
                if (isDecided && !taken.Contains(id))
                    Assert.Fail($"step {step}: {id} was not taken.");
            }
        }

        DependencyVerdict Interpret(TaskId id) =>
            children[id].Any(one => !gone.Contains(one.Task) && states.GetValueOrDefault(one.Task) is { } state && !one.On.IsMetBy(state))
                ? DependencyVerdict.Unsatisfiable
            : children[id].All(one => gone.Contains(one.Task) || states.GetValueOrDefault(one.Task) is not null) ? DependencyVerdict.Free
            : DependencyVerdict.Waiting;
    }

    private static readonly IEqualityComparer<(int, ImmutableArray<TaskId>)> WaitsComparer =
        EqualityComparer<(int, ImmutableArray<TaskId>)>.Create(
            static (left, right) => left.Item1 == right.Item1 && left.Item2.SequenceEqual(right.Item2), static _ => 0);

    private static TaskId Id(ulong number) => new(1, number);

    private static TaskDependency On(ulong number) => new(Id(number), EndCondition.Succeeded);
}
