using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Jobs;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Workflows;

/// <summary>
/// In a third of the runs: users who submit a few workflows with random edges, and cancel and retry them, their nodes
/// and items, until the faults are over. <see cref="WorkflowReferee"/> checks what becomes of the workflows.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="gateway">Where they call.</param>
/// <param name="plan">The plan of the run.</param>
/// <param name="coverage">What happened.</param>
/// <param name="strictness">Judges failures.</param>
/// <param name="itemOf">The task of an item of a node; null when it has none.</param>
/// <param name="jobs">Learns which jobs nodes may start.</param>
/// <param name="jobOf">The job of a node; null when it has none.</param>
internal sealed class WorkflowUsers(
    SimCluster cluster, SimSilo gateway, Plan plan, Coverage coverage, Strictness strictness, Func<TaskId, TaskId?> itemOf,
    JobReferee jobs, Func<TaskId, TaskId?> jobOf)
{
    private const int MostJobItems = 400;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private readonly SimProcess process = gateway.NewProcess("workflow users");
    private readonly SimRandom chance = new(plan.Seed, "workflows");
    private readonly TaskIdSource ids = new(cluster.Clock, new SimRandom(plan.Seed, "ids of workflows"));
    private int started;
    private int ended;
    private int drawn;

    /// <summary>Whether they ask for nothing more.</summary>
    public bool AreDone => ended == started;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        if (chance.Next(3) > 0)
            return;
        started = chance.Next(1, 4);
        for (var i = 0; i < started; i++)
            process.Run(SubmitAndChange);
    }

    private async Task SubmitAndChange()
    {
        var queue = Users.NameOf(chance.Next(plan.Queues));
        var request = NewRequest(queue);
        while (await Ask(queue, dispatcher => dispatcher.Submit([request]))
            is not [{ Outcome: SubmitOutcome.Accepted }])
        {
            request = request with { Repeated = true };
            await Task.Delay(Again, process.Clock);
        }

        var id = request.Workflow!.Id;
        while (Now < plan.Turmoil)
        {
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(6)), process.Clock);
            var node = request.Tasks[chance.Next(request.Tasks.Length)].Id;
            switch (chance.Next(8))
            {
                case 0:
                    await Change(queue, "cancel", new WorkflowRequest(id, IsRetry: false));
                    break;
                case 1:
                    await Change(queue, "retry of a node", new WorkflowRequest(id, IsRetry: true, node));
                    break;
                case 2:
                    await Ask(queue, dispatcher => dispatcher.Cancel([node]));
                    break;
                case 3 when itemOf(node) is { } item:
                    await Change(queue, "retry of an item", new WorkflowRequest(id, IsRetry: true, item));
                    break;
                case 4 when itemOf(node) is { } item:
                    await Ask(queue, dispatcher => dispatcher.Cancel([item]));
                    break;
                case 3 when jobOf(node) is { } job:
                    await CancelJob(job);
                    break;
                default:
                    await Change(queue, "retry", new WorkflowRequest(id, IsRetry: true));
                    break;
            }
        }

        ended++;
    }

    private SubmitRequest NewRequest(string queue)
    {
        var count = chance.Next(1, 12);
        var chain = chance.Next(3) == 0 ? 3 : 0;
        ImmutableArray<TaskId> named = [.. Enumerable.Range(0, count + chain).Select(_ => ids.Next())];
        var order = Enumerable.Range(0, count).OrderBy(_ => chance.NextDouble()).ToArray();
        var (tasks, nodes) =
            (ImmutableArray.CreateBuilder<TaskSubmission>(), ImmutableArray.CreateBuilder<OutlineNode>());
        for (var i = 0; i < count; i++)
        {
            // Those that come earlier in a random order: no cycle.
            var edges = Enumerable.Range(0, count).Where(other => order[other] < order[i] && chance.Next(3) == 0)
                .Select(other => new WorkflowEdge(other, (EndCondition)chance.Next(3))).ToImmutableArray();
            nodes.Add(new OutlineNode($"n{i}", chance.Next(4) == 0, edges));
            tasks.Add(NewTask(named[i]) with
            {
                After = edges.IsEmpty ? null : [.. edges.Select(edge => new TaskDependency(named[edge.Other], edge.On))],
                WorkflowNode = $"n{i}",
            });
        }

        AddForEach(tasks, nodes, order);
        if (chain > 0)
            AddChain(tasks, nodes, named, count);
        var id = ids.Next();
        AddJobs(tasks, nodes, id, queue);
        var outline = new WorkflowOutline("w", (FailureRule)chance.Next(2), [], nodes.DrainToImmutable());
        return new SubmitRequest(tasks.DrainToImmutable(), id, null)
        {
            Workflow = new WorkflowStart(id, outline.Write()),
        };
    }

    // A chain that seldom fails, after the other nodes: a list, a task for each item of it, and what reads their
    // results.
    private void AddChain(
        ImmutableArray<TaskSubmission>.Builder tasks, ImmutableArray<OutlineNode>.Builder nodes,
        ImmutableArray<TaskId> named, int list)
    {
        var each = list + 1;
        for (var i = list; i < named.Length; i++)
        {
            nodes.Add(new OutlineNode(
                $"n{i}", MayFail: false, i == list ? [] : [new WorkflowEdge(i - 1, EndCondition.Succeeded)])
            {
                ForEach = i == each ? new ForEach(list, ItemsFrom.Result, "") : null,
            });
            tasks.Add(NewTask(named[i], isSure: true) with
            {
                After = i == list ? null : [new TaskDependency(named[i - 1], EndCondition.Succeeded)],
                WorkflowNode = $"n{i}",
                IsForEach = i == each,
            });
        }
    }

    // Some nodes that wait for one to succeed run for the items that it leaves.
    private void AddForEach(
        ImmutableArray<TaskSubmission>.Builder tasks, ImmutableArray<OutlineNode>.Builder nodes, int[] order)
    {
        foreach (var node in Enumerable.Range(0, nodes.Count).OrderBy(node => order[node]))
        {
            var sources = nodes[node].After.Where(edge => edge.On == EndCondition.Succeeded
                && nodes[edge.Other].ForEach is null && tasks[edge.Other].Limits.HasFlag(Limits.Results)).ToList();
            if (sources.Count == 0 || chance.Next(2) == 0)
                continue;
            var source = sources[chance.Next(sources.Count)].Other;
            nodes[node] = nodes[node] with { ForEach = new ForEach(source, ItemsFrom.Result, "") };
            tasks[node] = tasks[node] with { IsForEach = true };
        }
    }

    // Some nodes run a job; not those of which others read a list.
    private void AddJobs(
        ImmutableArray<TaskSubmission>.Builder tasks, ImmutableArray<OutlineNode>.Builder nodes, TaskId id, string queue)
    {
        for (var node = 0; node < nodes.Count; node++)
        {
            if (nodes[node].ForEach is not null || nodes.Any(other => other.ForEach?.Node == node) || chance.Next(4) > 0)
                continue;
            var draft = NewJob(queue);
            jobs.ExpectScheduled(draft);
            var own = TaskSpecReader.ReadStored(
                Encoding.UTF8.GetBytes($$"""{"cmd":"none","name":"{{draft.Name}}","queue":"{{queue}}"}"""), default);
            nodes[node] = nodes[node] with { IsJob = true };
            tasks[node] = tasks[node] with
            {
                IsJob = true,
                Limits = Limits.None,
                Retry = RetryPolicy.Default,
                Spec = NodeJobText.WriteTask(Encoding.UTF8.GetBytes(draft.ToJson()), id, nodes[node].Name, own, []),
            };
        }
    }

    // Nobody posts to a stream of a workflow's job.
    private JobDraft NewJob(string queue)
    {
        var draws = new JobDraws(plan, chance);
        JobDraft draft;
        do
            draft = draws.Next(default);
        while (draft.Source == JobSourceKind.Stream || draft.Count > MostJobItems);
        return draft with { Name = $"node{++drawn}", Queue = queue };
    }

    private async Task CancelJob(TaskId job)
    {
        jobs.Find(job).CancelAsked = true;
        try
        {
            await gateway.Grains.GetGrain<IJobGrain>(job.ToString()).Cancel();
        }
        catch (Exception failure)
        {
            strictness.Judge("A user of workflows", failure);
        }
    }

    private TaskSubmission NewTask(TaskId id, bool isSure = false)
    {
        var behaviour = new ProcessBehaviour(
            TimeSpan.FromMilliseconds(chance.Next(5, 1_500)), chance.Next(4) == 0 ? 1 : 0, IgnoresTerm: false,
            // Attempts are numbered on in the next run: some nodes fail in the first one, and succeed in the second.
            Failures: chance.Next(3) == 0 ? chance.Next(1, 5) : 0);
        behaviour = isSure
            ? behaviour with { ExitCode = 0, Failures = 0, TakesResult = true }
            : behaviour with { TakesResult = behaviour.RunTime.Milliseconds % 4 != 0 };
        return new TaskSubmission(
            id, "node", (byte)chance.Next(10), 0, 0, new RetryPolicy(chance.Next(1, 3), 100, 1_000, OnNodeLost: true),
            [], [], behaviour.TakesResult ? Limits.Results : Limits.None,
            // As gateways write it.
            Encoding.UTF8.GetBytes(behaviour.ToJson()[..^1] + ",\"env\":{\"WORKFLOW_ID\":\"w\"}}"), default);
    }

    private async Task Change(string queue, string what, WorkflowRequest request)
    {
        if (await Ask(queue, dispatcher => dispatcher.Workflow(request)) is { } reply)
            coverage.Fire($"workflow {what} {reply.Outcome}");
    }

    // Returns default if the call failed: nobody knows then whether it was done.
    private async Task<T?> Ask<T>(string queue, Func<ITaskDispatcherGrain, Task<T>> call)
    {
        try
        {
            return await call(gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue));
        }
        catch (Exception failure)
        {
            strictness.Judge("A user of workflows", failure);
            return default;
        }
    }
}
