using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Those who use the service, at a gateway of its own: submit, cancel, retry, read and listen. What is refused or
/// unknown is
/// tried again, as the product's gateway does.
/// </summary>
internal sealed class Users
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);
    private readonly SimCluster cluster;
    private readonly SimProcess process;
    private readonly IGrainFactory grains;
    private readonly SimRandom chance;
    private readonly Plan plan;
    private readonly Referee referee;
    private readonly Coverage coverage;
    private readonly TaskIdSource ids;
    private readonly List<TaskId> known = [];
    private readonly List<IFeedObserver> observers = [];
    private readonly PartitionKey[] queues;
    private int left;
    private int pending;

    public Users(SimCluster cluster, SimSilo gateway, Plan plan, Referee referee, Coverage coverage)
    {
        (this.cluster, this.plan, this.referee, this.coverage) = (cluster, plan, referee, coverage);
        process = gateway.NewProcess("users");
        grains = gateway.Grains;
        chance = new SimRandom(plan.Seed, "workload");
        ids = new TaskIdSource(cluster.Clock, new SimRandom(plan.Seed, "ids"));
        queues = [.. Enumerable.Range(0, plan.Queues).Select(static i => new PartitionKey(NameOf(i), 0))];
        left = plan.Tasks;
    }

    /// <summary>Whether everything they wanted has been answered.</summary>
    public bool AreDone => left == 0 && pending == 0;

    /// <summary>How many tasks were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>The queues that they use.</summary>
    public IReadOnlyList<PartitionKey> Queues => queues;

    /// <summary>The name of a queue by its number.</summary>
    public static string NameOf(int queue) => queue == 0 ? PartitionKey.DefaultQueue : $"q{queue}";

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        foreach (var queue in queues)
            Listen(queue);
        process.Post(Submit);
        process.Post(Meddle);
    }

    private ITaskDispatcherGrain Dispatcher(PartitionKey queue) => grains.GetGrain<ITaskDispatcherGrain>(queue.ToString());

    private void After(TimeSpan wait, Action action) => cluster.After(wait, () => process.Post(action));

    private void Submit()
    {
        var count = Math.Min(left, chance.Next(8) == 0 ? chance.Next(5, 30) : 1);
        left -= count;
        var queue = queues[chance.Next(queues.Length)];
        var tasks = Enumerable.Range(0, count).Select(_ => NewTask()).ToImmutableArray();
        var entry = chance.Next(6) == 0 ? NewEntry(tasks[0].Id) : null;
        pending++;
        process.Run(() => Submit(queue, new SubmitRequest(tasks, count > 1 ? ids.Next(0) : null, entry)));
        if (left > 0)
            After(plan.Turmoil * (count / (double)plan.Tasks) * (0.2 + (1.6 * chance.NextDouble())), Submit);
    }

    private async Task Submit(PartitionKey queue, SubmitRequest request)
    {
        while (true)
        {
            try
            {
                var outcome = (await Dispatcher(queue).Submit([request]))[0].Outcome;
                if (outcome is SubmitOutcome.Accepted or SubmitOutcome.Replayed)
                    break;
                Violation.Unless(outcome == SubmitOutcome.QueueFull, $"A submission was answered by {outcome}.");
            }
            catch (Exception failure) when (failure is not Violation)
            {
                coverage.Fire("submission repeated after " + failure.GetType().Name);
                // A refusal wrote nothing; after anything else it may be stored.
                request = request with { Repeated = true };
            }

            await Task.Delay(Again, process.Clock);
        }

        foreach (var task in request.Tasks)
            referee.Acknowledged(task.Id);
        Accepted += request.Tasks.Length;
        known.AddRange(request.Tasks.Select(static task => task.Id));
        pending--;
        if (request.Idempotency is { } entry && chance.Next(2) == 0)
            await SubmitAgain(queue, request, entry);
    }

    /// <summary>The same key again: the first answer, and nothing new; with another body: a refusal.</summary>
    private async Task SubmitAgain(PartitionKey queue, SubmitRequest request, IdempotencyEntry entry)
    {
        var other = chance.Next(3) == 0;
        var again = new SubmitRequest(
            [.. request.Tasks.Select(task => task with { Id = ids.Next(0) })],
            null,
            other ? entry with { Body = new byte[] { 9 } } : entry with { Answer = new byte[] { 9 } });
        try
        {
            var replies = await Dispatcher(queue).Submit([again]);
            Violation.Unless(
                other ? replies[0].Outcome == SubmitOutcome.KeyReused
                    : replies[0].Outcome == SubmitOutcome.Replayed && replies[0].Answer.Span.SequenceEqual(entry.Answer.Span),
                $"A known key was answered by {replies[0].Outcome}.");
            coverage.Fire("key " + replies[0].Outcome);
        }
        catch (Exception failure) when (failure is not Violation)
        {
            // Somebody else will see.
        }
    }

    /// <summary>Cancels, retries and reads now and then.</summary>
    private void Meddle()
    {
        if (AreDone)
            return;
        if (known.Count > 0)
        {
            var id = known[^Math.Min(known.Count, 1 + chance.Next(chance.Next(2) == 0 ? 5 : known.Count))];
            switch (chance.Next(5))
            {
                case 0 or 1:
                    process.Run(() => Cancel(id));
                    break;
                case 2:
                    process.Run(() => Retry(known[chance.Next(known.Count)]));
                    break;
                case 3:
                    process.Run(() => Read(id));
                    break;
                default:
                    process.Run(() => Why(id));
                    break;
            }
        }

        After(chance.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(1_500)), Meddle);
    }

    private async Task Cancel(TaskId id)
    {
        referee.Tasks[id].CancelAsked = true;
        await Try(async () => coverage.Fire("cancel " + (await Dispatcher(QueueOf(id)).Cancel([id]))[0]));
    }

    private async Task Retry(TaskId id)
    {
        // As often as it may arrive.
        referee.Tasks[id].RetriesAsked++;
        await Try(async () => coverage.Fire("retry " + (await Dispatcher(QueueOf(id)).Retry([id]))[0]));
    }

    private Task Read(TaskId id) => Try(async () =>
    {
        var task = await grains.GetGrain<ITaskReaderGrain>("reader").Get(id);
        Violation.Unless(task is not null, $"{id} was accepted and cannot be read.");
        await grains.GetGrain<ITaskReaderGrain>("reader").Attempts(id);
        await grains.GetGrain<IQueueReaderGrain>("reader").List();
        await grains.GetGrain<Nodes.IFleetGrain>("fleet").List();
    });

    private Task Why(TaskId id) => Try(async () =>
    {
        foreach (var reason in (await Dispatcher(QueueOf(id)).Why(id)).Reasons)
            coverage.Fire("why " + reason.Code);
    });

    private async Task Try(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception failure) when (failure is not Violation)
        {
            coverage.Fire("user saw " + failure.GetType().Name);
        }
    }

    private PartitionKey QueueOf(TaskId id) => referee.QueueOf(id);

    private void Listen(PartitionKey queue)
    {
        var observer = new Listener(referee.Told, cluster);
        observers.Add(observer);
        var reference = grains.CreateObjectReference<IFeedObserver>(observer);
        Subscribe();

        void Subscribe()
        {
            process.Run(() => Try(() => Dispatcher(queue).Subscribe("gateway", reference)));
            After(TimeSpan.FromSeconds(10), Subscribe);
        }
    }

    private IdempotencyEntry NewEntry(TaskId id)
    {
        var key = new byte[TaskId.Size];
        id.Write(key);
        return new IdempotencyEntry(key, new byte[] { 1 }, new byte[] { 2 });
    }

    private TaskSubmission NewTask()
    {
        var now = cluster.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var runTime = plan.IsShort
            ? chance.Next(0, 5)
            : chance.Next(10) switch
            {
                < 6 => chance.Next(20, 400),
                < 9 => chance.Next(300, 3_000),
                _ => chance.Next(2_000, 8_000),
            };
        var exit = chance.Next(20) switch
        {
            < 16 => 0,
            16 or 17 => 1,
            18 => ProcessBehaviour.Signalled,
            _ => plan.IsShort ? 3 : ProcessBehaviour.CannotStart,
        };
        var behaviour = new ProcessBehaviour(
            TimeSpan.FromMilliseconds(runTime), exit, chance.Next(5) == 0, chance.Next(6) == 0 ? chance.Next(1, 3) : 0);
        var retry = new RetryPolicy(chance.Next(1, 4), chance.Next(100, 2_000), 5_000, OnNodeLost: chance.Next(4) > 0);
        return new TaskSubmission(
            ids.Next(0),
            "t",
            (byte)chance.Next(10),
            chance.Next(6) == 0 ? now + chance.Next(100, 12_000) : 0,
            chance.Next(8) == 0 ? now + chance.Next(500, 15_000) : 0,
            retry,
            [],
            chance.Next(5) switch { 0 => [new Label("zone", "a")], 1 => [new Label("zone", "b")], _ => [] },
            Limits.None,
            System.Text.Encoding.UTF8.GetBytes(behaviour.ToJson()),
            chance.Next(10) == 0 ? "{\"S\":\"x\"}"u8.ToArray() : default);
    }

    private sealed class Listener(Action<FeedBatch> heard, SimCluster cluster) : IFeedObserver
    {
        public Task Changed(FeedBatch batch)
        {
            try
            {
                heard(batch);
            }
            catch (Violation violation)
            {
                cluster.Fail(violation);
            }

            return Task.CompletedTask;
        }
    }
}
