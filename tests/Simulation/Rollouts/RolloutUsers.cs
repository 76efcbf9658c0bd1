using System.Text;
using OrleansTasks.Nodes;
using OrleansTasks.Rollouts;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Simulation.World;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Simulation.Rollouts;

/// <summary>
/// Those who have rollouts, in a quarter of the runs: they start a few, resume, retry and cancel them, cancel and retry
/// single tasks, and read, until the turmoil is over. After it they resume or cancel whatever halts. The commands of
/// some rollouts break a node.
/// <see cref="RolloutReferee"/> checks what becomes of them.
/// </summary>
/// <param name="cluster">The cluster.</param>
/// <param name="gateway">Where they call.</param>
/// <param name="plan">The plan of the run.</param>
/// <param name="rollouts">Checks rollouts.</param>
/// <param name="tasks">Every task that was ever committed.</param>
/// <param name="coverage">What happened.</param>
/// <param name="strictness">Judges failures.</param>
/// <param name="lose">Has a node lose its power for some time.</param>
internal sealed class RolloutUsers(
    SimCluster cluster, SimSilo gateway, Plan plan, RolloutReferee rollouts,
    IReadOnlyDictionary<TaskId, KnownTask> tasks, Coverage coverage, Strictness strictness,
    Action<string, TimeSpan> lose)
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestLoss = TimeSpan.FromSeconds(40);
    private readonly SimProcess process = gateway.NewProcess("rollout users");
    private readonly SimRandom chance = new(plan.Seed, "rollouts");
    private readonly TaskIdSource ids = new(cluster.Clock, new SimRandom(plan.Seed, "ids of rollouts"));
    private int started;
    private int ended;
    private int keys;

    /// <summary>Whether they ask for nothing more, and everything that they have started has ended.</summary>
    public bool AreDone => ended == started && rollouts.Open == 0;

    private TimeSpan Now => TimeSpan.FromTicks(cluster.Clock.GetTimestamp());

    private IRolloutReaderGrain Reader => gateway.Grains.GetGrain<IRolloutReaderGrain>("reader");

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        if (chance.Next(4) > 0)
            return;
        started = chance.Next(1, 4);
        for (var i = 0; i < started; i++)
            process.Run(Live);
    }

    private async Task Live()
    {
        await Task.Delay(chance.Between(TimeSpan.FromSeconds(1), plan.Turmoil / 2), process.Clock);
        var known = await Start(Users.NameOf(chance.Next(plan.Queues)));
        if (chance.Next(3) == 0 && plan.BreaksNodes && !plan.IsLoneTrouble)
            process.Run(() => Break(known));
        while (Now < plan.Turmoil)
        {
            await Task.Delay(chance.Between(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(5)), process.Clock);
            await Change(known);
        }

        while (known.IsOpen)
            await GoOn(known);
        await Read(known);
        ended++;
        // A call to retry may wait in a silo that stands still, and reopen the rollout long after it was made.
        while (true)
            await GoOn(known);
    }

    // A command breaks the first node that runs it.
    private async Task Break(KnownRollout known)
    {
        while (Now < plan.Turmoil)
        {
            await Task.Delay(Again / 5, process.Clock);
            var running = known.Latest.Nodes.FirstOrDefault(node =>
                node.State == RolloutNodeState.Open && tasks[node.Task!.Value].Row.State == TaskState.Running);
            if (running is null)
                continue;
            lose(running.Node, LongestLoss * (0.5 + (chance.NextDouble() / 2)));
            return;
        }
    }

    // Sends the request until it is answered. A repetition has the same id or, with an idempotency key, perhaps another
    // one.
    private async Task<KnownRollout> Start(string queue)
    {
        ImmutableArray<string> nodes;
        var zone = chance.Next(4) switch { 0 => "a", 1 => "b", _ => null };
        while ((nodes = await NodesOf(zone)).IsEmpty)
            await Task.Delay(Again, process.Clock);
        var request = NewRequest(queue, zone, nodes);
        while (true)
        {
            rollouts.Expect(queue, request);
            if (await Ask(queue, request) is { } reply)
            {
                Violation.Unless(
                    reply.Outcome == RolloutOutcome.Done
                        || (reply.Outcome == RolloutOutcome.Replayed && request.Idempotency is not null),
                    $"The start of {request.Id} was answered by {reply}.");
                var known = rollouts.Find(reply.Id);
                Violation.Unless(known.Versions.Count > 1, $"{reply.Id} was started, and is not stored.");
                if (request.Idempotency is not null && chance.Next(2) == 0)
                    await StartAgain(queue, request, known);
                return known;
            }

            if (request.Idempotency is not null && chance.Next(2) == 0)
                request = request with { Id = ids.Next() };
            await Task.Delay(Again, process.Clock);
        }
    }

    // The same key again: the first answer, and nothing new; with another body: a refusal.
    private async Task StartAgain(string queue, RolloutRequest request, KnownRollout known)
    {
        var isOther = chance.Next(3) == 0;
        var entry = request.Idempotency! with { Body = new[] { isOther ? (byte)9 : (byte)1 } };
        if (await Ask(queue, request with { Id = ids.Next(), Idempotency = entry }) is not { } reply)
            return;
        Violation.Unless(
            isOther ? reply.Outcome == RolloutOutcome.KeyReused
                : reply.Outcome == RolloutOutcome.Replayed && reply.Id == known.Request.Id,
            $"The key of {known.Request.Id} was answered by {reply}.");
        coverage.Fire($"rollout start {reply.Outcome}".ToLowerInvariant());
    }

    private RolloutRequest NewRequest(string queue, string? zone, ImmutableArray<string> nodes)
    {
        var body = Encoding.UTF8.GetBytes(BodyOf(queue, zone));
        var errors = new SpecErrors();
        var spec = RolloutSpecReader.Read(body, process.Clock.GetUtcNow().ToUnixTimeMilliseconds(), errors)
            ?? throw new InvalidOperationException($"{errors.Malformed}: {Encoding.UTF8.GetString(body)}");
        IdempotencyEntry? entry = null;
        if (chance.Next(3) == 0)
        {
            var key = new byte[TaskId.Size];
            (key[0], key[^1]) = (0xff, (byte)++keys);
            entry = new IdempotencyEntry(key, new byte[] { 1 }, default);
        }

        return new RolloutRequest(RolloutAction.Start, ids.Next())
        {
            Spec = spec.CopyBody(body), SecretEnv = spec.Extent.CopySecrets(body), Nodes = nodes, Idempotency = entry,
        };
    }

    private string BodyOf(string queue, string? zone)
    {
        var behaviour = new ProcessBehaviour(
            chance.Next(4) == 0
                ? chance.Between(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(8))
                : chance.Between(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1)),
            chance.Next(10) == 0 ? 1 : 0, chance.Next(5) == 0, 0, HasTimeout: false,
            FailsOneIn: chance.Next(3) == 0 ? 0 : chance.Next(2, 6));
        var retry = chance.Next(3) switch
        {
            0 => ",\"retry\":{\"onNodeLost\":false}",
            1 => ",\"retry\":{\"maxAttempts\":2,\"backoff\":\"200ms\"}",
            _ => "",
        };
        var secrets = chance.Next(5) == 0 ? ",\"secretEnv\":{\"S\":\"x\"}" : "";
        var waves = chance.Next(5) switch
        {
            0 => "\"100%\"",
            1 => "1,\"100%\"",
            2 => "2,\"100%\"",
            3 => "\"25%\",\"50%\",\"100%\"",
            _ => "1,2,3,\"100%\"",
        };
        var maxFailed = chance.Next(4) switch { 0 => "1", 1 => "\"50%\"", _ => "0" };
        var task = $$"""
            {{behaviour.ToJson()[..^1]}}{{retry}}{{secrets}},"priority":{{chance.Next(10)}},"queue":"{{queue}}"}
            """;
        var select = zone is null ? "" : $$""","select":{"zone":"{{zone}}"}""";
        return $$"""
            {"name":"r","task":{{task}}{{select}},"waves":[{{waves}}],"maxFailed":{{maxFailed}},
             "pause":"{{(chance.Next(2) == 0 ? 0 : chance.Next(1, 4))}}s","catchUp":"{{chance.Next(4) * 8}}s"}
            """;
    }

    private async Task Change(KnownRollout known)
    {
        var given = known.Tasks.SelectMany(static all => all).ToArray();
        var task = given.Length == 0 ? default : given[chance.Next(given.Length)];
        switch (chance.Next(16))
        {
            case 0:
                await Control(known, RolloutAction.Cancel);
                break;
            case < 5:
                await Control(known, RolloutAction.Retry);
                break;
            case < 10:
                await Control(known, RolloutAction.Resume);
                break;
            case 10 when given.Length > 0:
                tasks[task].CancelAsked = true;
                await Try(known.Queue, dispatcher => dispatcher.Cancel([task]));
                break;
            case 11 when given.Length > 0:
                tasks[task].RetriesAsked++;
                await Try(known.Queue, dispatcher => dispatcher.Retry([task]));
                break;
            default:
                await Read(known);
                break;
        }
    }

    private async Task GoOn(KnownRollout known)
    {
        await Task.Delay(Look, process.Clock);
        if (known.Latest is { IsThere: true, Row.State: RolloutState.Halted })
            await Control(known, chance.Next(2) == 0 ? RolloutAction.Cancel : RolloutAction.Resume);
    }

    private async Task Control(KnownRollout known, RolloutAction action)
    {
        var call = rollouts.Begin(known, action);
        if (await Ask(known.Queue, new RolloutRequest(action, known.Latest.Row.Id)) is { } reply)
            rollouts.Answered(call, action, reply);
    }

    private async Task Read(KnownRollout known)
    {
        var id = known.Latest.Row.Id;
        var call = rollouts.Begin(known);
        await Try(async () => rollouts.Shown(call, await Reader.Get(id)));
        call = rollouts.Begin(known);
        await Try(async () => rollouts.Shown(call, await Reader.Nodes(id, state: null, after: -1, limit: 100)));
        call = rollouts.Begin(known);
        await Try(async () => rollouts.Shown(call, await Reader.Output(id)));
    }

    // As the gateway selects them.
    private async Task<ImmutableArray<string>> NodesOf(string? zone)
    {
        ImmutableArray<NodeView> all = [];
        await Try(async () => all = await gateway.Grains.GetGrain<IFleetGrain>("fleet").List());
        return
        [
            .. all.Where(node => zone is null || node.Labels.Contains(new Label("zone", zone)))
                .Select(static node => node.Id).Order(StringComparer.Ordinal),
        ];
    }

    // Null when nobody can say whether it was done.
    private async Task<RolloutReply?> Ask(string queue, RolloutRequest request)
    {
        RolloutReply? reply = null;
        await Try(queue, async dispatcher => reply = await dispatcher.Rollout(request));
        return reply;
    }

    private Task Try(string queue, Func<ITaskDispatcherGrain, Task> call) =>
        Try(() => call(gateway.Grains.GetGrain<ITaskDispatcherGrain>(queue)));

    private async Task Try(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception failure)
        {
            strictness.Judge("A user of rollouts", failure);
        }
    }
}
