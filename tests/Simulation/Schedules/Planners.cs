using System.Text;
using OrleansTasks.Jobs;
using OrleansTasks.Jobs.Spec;
using OrleansTasks.Schedules;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Jobs;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;
using OrleansTasks.Workflows;

namespace OrleansTasks.Simulation.Schedules;

/// <summary>
/// Those who have schedules, in a third of the runs: they make a few, trigger, pause, resume and backfill them, and pause all when
/// the turmoil is over. <see cref="ScheduleReferee"/> checks what becomes of the times.
/// </summary>
internal sealed class Planners(
    SimCluster cluster, SimSilo gateway, Plan plan, JobReferee jobs, Coverage coverage, Strictness strictness)
{
    private const int MostItems = 400;
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private readonly SimProcess process = gateway.NewProcess("planners");
    private readonly SimRandom chance = new(plan.Seed, "planners");
    private int started;
    private int ended;
    private int drawn;

    /// <summary>Whether all schedules are paused for good.</summary>
    public bool AreDone => ended == started;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        if (chance.Next(3) > 0)
            return;
        started = chance.Next(1, 4);
        for (var i = 0; i < started; i++)
        {
            var id = $"schedule{i}";
            process.Run(() => Live(id));
        }
    }

    private async Task Live(string id)
    {
        var queue = Users.NameOf(chance.Next(plan.Queues));
        while (await Ask(queue, BodyOf(id, queue)) is null)
            await Task.Delay(Again, process.Clock);
        coverage.Fire("schedule made");
        while (Now < plan.Turmoil)
        {
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10)), process.Clock);
            if (await Ask(queue, ChangeOf(id, queue)) is { Task: { } triggered })
                await Cancel(queue, triggered);
        }

        await End(queue, id);
        ended++;
        // A call of a planner may wait in a silo that stands still, and resume the schedule long after it was made.
        while (true)
        {
            await Task.Delay(Look, process.Clock);
            if (await IsPaused(id))
                continue;
            coverage.Fire("schedule paused again");
            await End(queue, id);
        }
    }

    private async Task End(string queue, string id)
    {
        await Insist(queue, new ScheduleRequest(ScheduleAction.Pause, id));
        await Insist(queue, new ScheduleRequest(ScheduleAction.CancelBackfill, id));
    }

    // Also when nobody can say.
    private async Task<bool> IsPaused(string id)
    {
        try
        {
            return await gateway.Grains.GetGrain<IScheduleReaderGrain>("reader").Get(id) is not { Paused: false };
        }
        catch (Exception failure)
        {
            strictness.Judge("A planner", failure);
            return true;
        }
    }

    private ScheduleRequest ChangeOf(string id, string queue)
    {
        var now = process.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        switch (chance.Next(6))
        {
            case 0:
                return new ScheduleRequest(ScheduleAction.Pause, id);
            case 1:
                return new ScheduleRequest(ScheduleAction.Trigger, id) { Task = new TaskId(((ulong)now << 16) | 0x7000, chance.NextBits() >> 22) };
            case 2:
                return new ScheduleRequest(ScheduleAction.Backfill, id) { From = now - 20_000, To = now, Parallel = chance.Next(1, 3) };
            case 3:
                return BodyOf(id, queue);
            default:
                return new ScheduleRequest(ScheduleAction.Resume, id);
        }
    }

    private ScheduleRequest BodyOf(string id, string queue)
    {
        var overlap = ScheduleSpecReader.OverlapNames[chance.Next(3)];
        var catchUp = ScheduleSpecReader.CatchUpNames[chance.Next(3)];
        var body = $$"""
            {"every":"{{chance.Next(1, 6)}}s","overlap":"{{overlap}}","catchUp":"{{catchUp}}","catchUpLimit":{{chance.Next(1, 6)}},
             "startWithin":"{{chance.Next(1, 5)}}s","jitter":"{{chance.Next(0, 3)}}s",{{Target(queue)}}}
            """;
        return new ScheduleRequest(ScheduleAction.Put, id) { Spec = Encoding.UTF8.GetBytes(body) };
    }

    // A task, a job, or a workflow of which each node may wait for the one before it.
    private string Target(string queue)
    {
        switch (chance.Next(5))
        {
            case 0 or 1:
                return $"\"task\":{Behaviour(TimeSpan.FromSeconds(4), 0)}";
            case 2 or 3:
                return $"\"job\":{Job(queue)}";
        }

        var nodes = Enumerable.Range(0, chance.Next(1, 5)).Select(i =>
        {
            var on = EndConditions.AllNames[chance.Next(3)];
            var after = i == 0 || chance.Next(3) == 0 ? "" : $$"""{"node":"n{{i - 1}}","on":"{{on}}"}""";
            var task = Behaviour(TimeSpan.FromSeconds(1.5), chance.Next(4) == 0 ? 1 : 0);
            return $$"""{"name":"n{{i}}","after":[{{after}}],"task":{{task}}}""";
        });
        var rule = WorkflowNames.AllRules[chance.Next(2)];
        return $$"""
            "workflow":{"onFailure":"{{rule}}","nodes":[{{string.Join(',', nodes)}}]}
            """;
    }

    // Nobody posts to a stream of a schedule's job.
    private string Job(string queue)
    {
        var draws = new JobDraws(plan, chance);
        JobDraft draft;
        do
            draft = draws.Next(default);
        while (draft.Source == JobSourceKind.Stream || draft.Count > MostItems);
        draft = draft with { Name = $"scheduled{++drawn}", Queue = queue };
        jobs.ExpectScheduled(draft);
        return draft.ToJson();
    }

    private string Behaviour(TimeSpan longest, int exitCode) =>
        new ProcessBehaviour(chance.Between(TimeSpan.FromMilliseconds(10), longest), exitCode, false, 0).ToJson();

    // A task goes on.
    private async Task Cancel(string queue, TaskId id)
    {
        try
        {
            if (jobs.Known.Contains(id))
            {
                jobs.Find(id).CancelAsked = true;
                await gateway.Grains.GetGrain<IJobGrain>(id.ToString()).Cancel();
            }
            else
                await DispatcherOf(queue).Workflow(new WorkflowRequest(id, IsRetry: false));
        }
        catch (Exception failure)
        {
            strictness.Judge("A planner", failure);
        }
    }

    private ITaskDispatcherGrain DispatcherOf(string queue) =>
        gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue.ToString());

    private async Task Insist(string queue, ScheduleRequest request)
    {
        while (await Ask(queue, request) is null)
            await Task.Delay(Again, process.Clock);
    }

    // Null when nobody can say whether it was done.
    private async Task<ScheduleReply?> Ask(string queue, ScheduleRequest request)
    {
        try
        {
            var reply = await DispatcherOf(queue).Schedule(request);
            coverage.Fire($"schedule {request.Action} {reply.Outcome}");
            return reply;
        }
        catch (Exception failure)
        {
            strictness.Judge("A planner", failure);
            return null;
        }
    }
}
