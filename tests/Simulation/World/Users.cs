using OrleansTasks.Client.Tasks;
using OrleansTasks.Feed;
using OrleansTasks.Queues;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Faults;
using OrleansTasks.Simulation.Gateways;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Those who use the service: they submit, wait, cancel and retry at the product's gateway, and read and listen at a client of their
/// own. What is refused or unknown they try again, as callers of the HTTP API do.
/// </summary>
internal sealed class Users
{
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan ShortestLong = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestLong = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(11);
    private readonly SimCluster cluster;
    private readonly SimProcess process;
    private readonly IGrainFactory grains;
    private readonly GatewayLife gateways;
    private readonly Waiters waiters;
    private readonly HurriedUsers hurried;
    private readonly Meddlers meddlers;
    private readonly SimRandom chance;
    private readonly SimRandom lengths;
    private readonly SimRandom files;
    private readonly RetryDraws retries;
    private readonly KeyDraws concurrency;
    private readonly ResourceDraws resources;
    private readonly UniqueDraws uniques;
    private readonly DependencyDraws dependencies;
    private readonly Plan plan;
    private readonly Referee referee;
    private readonly Coverage coverage;
    private readonly Strictness strictness;
    private readonly TaskIdSource ids;
    private readonly List<TaskId> known = [];
    private readonly List<IFeedObserver> observers = [];
    private readonly string[] queues;
    private int left;
    private int pending;
    private int keys;

    public Users(SimWorld world, WaitWatch watch)
    {
        (cluster, gateways, plan, coverage) = (world.Cluster, world.Gateways, world.Plan, world.Coverage);
        (referee, strictness) = (world.Referee, world.Strictness);
        process = world.Gateway.NewProcess("users");
        grains = world.Gateway.Grains;
        chance = new SimRandom(plan.Seed, "workload");
        lengths = new SimRandom(plan.Seed, "long commands");
        files = new SimRandom(plan.Seed, "artifacts");
        retries = new RetryDraws(plan.Seed);
        concurrency = new KeyDraws(plan.Seed);
        resources = new ResourceDraws(plan.Seed);
        uniques = new UniqueDraws(plan.Seed);
        dependencies = new DependencyDraws(plan.Seed);
        ids = new TaskIdSource(cluster.Clock, new SimRandom(plan.Seed, "ids"));
        queues = [.. Enumerable.Range(0, plan.Queues).Select(static i => NameOf(i))];
        left = plan.Tasks;
        waiters = new Waiters(cluster, process, plan, gateways, watch, referee, coverage, strictness);
        hurried = new HurriedUsers(cluster, process, gateways, watch, queues, this, waiters);
        meddlers = new Meddlers(world, process, this, chance);
    }

    /// <summary>Whether everything they wanted has been answered.</summary>
    public bool AreDone => left == 0 && pending == 0 && waiters.AreDone && hurried.AreDone;

    /// <summary>How long those commands run in all that outlive a lease.</summary>
    public TimeSpan LongWork { get; private set; }

    /// <summary>The tasks that were accepted.</summary>
    public IReadOnlyList<TaskId> Known => known;

    /// <summary>How many tasks were accepted.</summary>
    public int Accepted { get; private set; }

    /// <summary>The queues that they use.</summary>
    public IReadOnlyList<string> Queues => queues;

    /// <summary>The name of a queue by its number.</summary>
    public static string NameOf(int queue) => queue == 0 ? QueueSettings.DefaultQueue : $"q{queue}";

    /// <summary>Sets them to work.</summary>
    public void Begin()
    {
        foreach (var queue in queues)
            Listen(queue);
        process.Post(Submit);
        meddlers.Begin();
        hurried.Begin();
    }

    private ITaskDispatcherGrain Dispatcher(string queue) => grains.GetGrain<ITaskDispatcherGrain>(queue.ToString());

    private void After(TimeSpan wait, Action action) => cluster.After(wait, () => process.Post(action));

    private void Submit()
    {
        var count = Math.Min(left, chance.Next(8) == 0 ? chance.Next(5, 30) : 1);
        left -= count;
        var queue = queues[chance.Next(queues.Length)];
        var tasks = Enumerable.Range(0, count).Select(_ => NewTask() with { After = dependencies.Draw(KnownOf(queue)) }).ToImmutableArray();
        var key = chance.Next(6) == 0 ? NewKey() : null;
        if (tasks is [var alone])
            tasks = [alone with { Unique = uniques.Draw() }];
        pending++;
        process.Run(() => Submit(queue, tasks, key));
        if (left > 0)
            After(plan.Turmoil * (count / (double)plan.Tasks) * (0.2 + (1.6 * chance.NextDouble())), Submit);
    }

    private async Task Submit(string queue, ImmutableArray<TaskSubmission> tasks, byte[]? key)
    {
        var accepted = await SubmitUntilAccepted(queue, tasks, key);
        Accepted += accepted.Length;
        known.AddRange(accepted);
        pending--;
        if (chance.Next(3) == 0)
            waiters.Wait(accepted[^1]);
        // A task with a unique key may have been submitted again without its keys.
        if (key is not null && tasks is not [{ Unique: not null }] && chance.Next(2) == 0)
            await SubmitAgain(queue, tasks, key, accepted);
    }

    /// <summary>
    /// Submits until it is accepted, and gives the ids. Each request has new ids, as each POST has: a key is what tells the service
    /// that a request is a repetition; without one, what has landed and was not answered is there twice.
    /// </summary>
    public async Task<ImmutableArray<TaskId>> SubmitUntilAccepted(string queue, ImmutableArray<TaskSubmission> tasks, byte[]? key)
    {
        for (var isRepeated = false; ; isRepeated = true)
        {
            var request = NewRequest(tasks, key, body: 1);
            var mine = request.Tasks.Select(static task => task.Id).ToImmutableArray();
            if (await Try(queue, request) is { } verdict)
            {
                if (verdict.Joined is { } holder)
                {
                    coverage.Fire("submission joined a task");
                    referee.Uniques.CheckHolder(holder, tasks[0].Unique);
                    Violation.Unless(
                        verdict.Replay.IsEmpty || (key is not null && isRepeated), $"A first join was answered as a repetition.");
                    if (key is not null)
                        await JoinAgain(queue, tasks, key, holder);
                    (tasks, key) = ([tasks[0] with { Unique = null }], null);
                    continue;
                }

                if (verdict.Refusal is null)
                {
                    Violation.Unless(verdict.Replay.IsEmpty || (key is not null && isRepeated), $"A submission was answered as a repetition.");
                    var accepted = verdict.Replay.IsEmpty ? mine : Submissions.IdsIn(verdict.Replay);
                    foreach (var id in accepted)
                        referee.Acknowledged(id);
                    return accepted;
                }

                var code = verdict.Refusal.Code;
                coverage.Fire("submission refused: " + code);
                if (code == "invalid-task")
                {
                    CheckUnknown(tasks);
                    tasks = [.. tasks.Select(static task => task with { After = null })];
                    continue;
                }

                if (code == "not-unique")
                {
                    referee.Uniques.CheckHolder(verdict.Refusal.Task, tasks[0].Unique);
                    tasks = [tasks[0] with { Unique = null }];
                    continue;
                }

                Violation.Unless(
                    code is "queue-full" or "store-unavailable" or "not-ready" or "outcome-unknown", $"A submission was answered by {code}.");
                if (code != "outcome-unknown")
                    Violation.Unless(!mine.Any(referee.Tasks.ContainsKey), $"{mine[0]} was refused by {code}, and is stored.");
            }

            await Task.Delay(Again, process.Clock);
        }
    }

    private IEnumerable<TaskId> KnownOf(string queue) => known.Where(id => referee.QueueOf(id) == queue);

    /// <summary>A submission was refused, because a task that it waits for is unknown: retention has removed that one.</summary>
    private void CheckUnknown(ImmutableArray<TaskSubmission> tasks)
    {
        coverage.Fire("submission after what is removed");
        Violation.Unless(
            tasks.Any(task => (task.After ?? []).Any(one => referee.Tasks[one.Task].IsPruned)),
            $"A submission was refused for tasks that it waits for, and all of them are stored.");
    }

    /// <summary>The gateway's verdict; null when the connection broke.</summary>
    private async Task<SubmitVerdict?> Try(string queue, SubmitRequest request)
    {
        var began = process.Clock.GetTimestamp();
        try
        {
            return await gateways.Ask(gateway => gateway.Pump.Submit(queue, request, request.Tasks.Sum(static task => task.Spec.Length)));
        }
        catch (IOException)
        {
            coverage.Fire("submission whose connection broke");
            return null;
        }
        finally
        {
            var took = process.Clock.GetElapsedTime(began);
            Violation.Unless(took <= AnswerLimit, $"A submission was answered after {took}.");
        }
    }

    /// <summary>The same key again: the first answer, and nothing new; with another body: a refusal.</summary>
    private async Task SubmitAgain(string queue, ImmutableArray<TaskSubmission> tasks, byte[] key, ImmutableArray<TaskId> accepted)
    {
        var isOther = chance.Next(3) == 0;
        if (await Try(queue, NewRequest(tasks, key, body: isOther ? (byte)9 : (byte)1)) is not { } verdict)
            return;
        if (verdict.Refusal is { } refusal)
        {
            Violation.Unless(
                (isOther && refusal.Code == "idempotency-key-reuse") || refusal.Code == "queue-full" || refusal.Status is 503 or 504,
                $"A known key was answered by {refusal.Code}.");
            coverage.Fire("key " + refusal.Code);
            return;
        }

        Violation.Unless(!isOther, $"A known key with another body was accepted.");
        Violation.Unless(
            Submissions.IdsIn(verdict.Replay).SequenceEqual(accepted), $"A known key was not answered as the first time.");
        coverage.Fire("key replayed");
    }

    /// <summary>Repeats a request that joined a task: the answer names that task, even if it has ended.</summary>
    private async Task JoinAgain(string queue, ImmutableArray<TaskSubmission> tasks, byte[] key, TaskId holder)
    {
        if (await Try(queue, NewRequest(tasks, key, body: 1)) is not { Refusal: null } verdict)
            return;
        Violation.Unless(
            verdict.Joined == holder && !verdict.Replay.IsEmpty,
            $"A repetition joined {verdict.Joined} instead of {holder}.");
        coverage.Fire("join replayed");
    }

    private SubmitRequest NewRequest(ImmutableArray<TaskSubmission> tasks, byte[]? key, byte body)
    {
        ImmutableArray<TaskSubmission> stamped = [.. tasks.Select(task => task with { Id = ids.Next() })];
        var entry = key is null ? null : new IdempotencyEntry(key, new[] { body }, Submissions.AnswerOf(stamped));
        return new SubmitRequest(stamped, tasks.Length > 1 ? ids.Next() : null, entry);
    }

    private async Task Try(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception failure) when (failure is not Violation)
        {
            strictness.Judge("A listener", failure);
            coverage.Fire("listener saw " + failure.GetType().Name);
        }
    }

    private void Listen(string queue)
    {
        var observer = new Listener(referee.Told, cluster);
        observers.Add(observer);
        var reference = grains.CreateObjectReference<IFeedObserver>(observer);
        Subscribe();

        void Subscribe()
        {
            process.Run(() => Try(() => Dispatcher(queue).Follow("gateway", 1, reference)));
            After(TimeSpan.FromSeconds(10), Subscribe);
        }
    }

    private byte[] NewKey()
    {
        var key = new byte[TaskId.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(key, ++keys);
        return key;
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
        if (lengths.Next(3) == 0)
            behaviour = behaviour with { OutputBytes = lengths.Next(2) == 0 ? lengths.Next(4, 2_000) : lengths.Next(20_000, 80_000) };
        if (lengths.Next(plan.IsShort ? 50 : 5) == 0)
            behaviour = NewLong(behaviour);
        behaviour = behaviour with { TakesResult = runTime % 3 == 0, LeavesFiles = plan.Seed % 3 == 0 && files.Next(3) == 0 };
        var retry = new RetryPolicy(chance.Next(1, 4), chance.Next(100, 2_000), 5_000, OnNodeLost: chance.Next(4) > 0);
        var asks = resources.Draw();
        return new TaskSubmission(
            default,
            "t",
            (byte)chance.Next(10),
            chance.Next(6) == 0 ? now + chance.Next(100, 12_000) : 0,
            chance.Next(8) == 0 ? now + chance.Next(500, 15_000) : 0,
            retries.Draw(retry),
            [],
            chance.Next(5) switch { 0 => [new Label("zone", "a")], 1 => [new Label("zone", "b")], _ => [] },
            (behaviour.TakesResult ? Limits.Results : Limits.None) | (behaviour.LeavesFiles ? Limits.Files : Limits.None),
            System.Text.Encoding.UTF8.GetBytes(behaviour.ToJson()),
            chance.Next(10) == 0 ? "{\"S\":\"x\"}"u8.ToArray() : default,
            concurrency.Draw())
        {
            Resources = asks,
            Lasts = asks is null || !behaviour.HasTimeout ? 0 : ProcessBehaviour.MostRunTime,
        };
    }

    /// <summary>A command that outlives a lease: most run for little more than 15 s, some for up to a minute.</summary>
    private ProcessBehaviour NewLong(ProcessBehaviour behaviour)
    {
        var draw = lengths.NextDouble();
        var runTime = ShortestLong + ((LongestLong - ShortestLong) * draw * draw);
        LongWork += runTime;
        return behaviour with { RunTime = runTime, ExitCode = 0, Failures = 0, HasTimeout = false };
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
