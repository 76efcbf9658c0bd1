using System.Collections.Immutable;
using System.Diagnostics;
using OrleansTasks.Bench.Harness;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Bench.Scenarios;

/// <summary>
/// A workflow of ten layers of 1,000 nodes, each after two of the layer before, compared with a plain batch of as many
/// tasks.
/// </summary>
public sealed class WorkflowThroughput : IScenario
{
    private const int Layers = 10;
    private const int Width = 1_000;
    private const int Nodes = Layers * Width;

    /// <inheritdoc/>
    public string Name => "workflow";

    /// <inheritdoc/>
    public string Summary =>
        $"a workflow of {Layers} layers of {Width} nodes, each after two, durable; reference: a batch of {Nodes} tasks";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> Run(int runs)
    {
        var (workflow, batch) = (new double[runs], new double[runs]);
        for (var run = -1; run < runs; run++)
        {
            var measured = await Measure(NewWorkflow);
            var reference = await Measure(static ids => NewBatch(ids, static (task, _) => task));
            if (run >= 0)
                (workflow[run], batch[run]) = (measured, reference);
        }

        return [new Figure("nodes of a workflow", "tasks/s", workflow, batch, "a plain batch", 0.5, AtLeast: true)];
    }

    private static async Task<double> Measure(Func<TaskIdSource, SubmitRequest> make)
    {
        await using var silo = await InProcessSilo.Start();
        await using var first = await SimulatedWorker.Start(silo.Grains, "sim-1", 512);
        await using var second = await SimulatedWorker.Start(silo.Grains, "sim-2", 512);
        var dispatcher = silo.Grains.GetGrain<ITaskDispatcherGrain>("default");
        var request = make(new TaskIdSource(TimeProvider.System, new Random(1)));
        var started = Stopwatch.GetTimestamp();
        var replies = await dispatcher.Submit([request]);
        if (replies[0].Outcome != SubmitOutcome.Accepted)
            throw new InvalidOperationException($"The dispatcher answered {replies[0].Outcome}.");
        while (first.Finished + second.Finished < Nodes)
        {
            if (Stopwatch.GetElapsedTime(started) > TimeSpan.FromMinutes(2))
                throw new InvalidOperationException(
                    $"Only {first.Finished + second.Finished} of {Nodes} tasks have finished.");
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        return Nodes / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static SubmitRequest NewBatch(TaskIdSource ids, Func<TaskSubmission, int, TaskSubmission> change) => new(
        [.. Enumerable.Range(0, Nodes).Select(node => change(SyntheticTasks.New(ids), node))], ids.Next(), null);

    private static SubmitRequest NewWorkflow(TaskIdSource ids)
    {
        var edges = Enumerable.Range(0, Nodes).Select(EdgesOf).ToArray();
        var request = NewBatch(ids, static (task, node) => task with { WorkflowNode = $"n{node}" });
        var outline = new WorkflowOutline(
            "bench", FailureRule.Continue, [],
            [.. edges.Select(static (after, node) => new OutlineNode($"n{node}", MayFail: false, after))]);
        return request with
        {
            Tasks =
            [
                .. request.Tasks.Select((task, node) => edges[node].IsEmpty ? task : task with
                {
                    After = [.. edges[node].Select(edge => new TaskDependency(request.Tasks[edge.Other].Id, edge.On))],
                }),
            ],
            Workflow = new WorkflowStart(request.Batch!.Value, outline.Write()),
        };
    }

    private static ImmutableArray<WorkflowEdge> EdgesOf(int node) => node < Width
        ? []
        :
        [
            new WorkflowEdge(node - Width, EndCondition.Succeeded),
            new WorkflowEdge(((node / Width) - 1) * Width + ((node + 1) % Width), EndCondition.Succeeded),
        ];
}
