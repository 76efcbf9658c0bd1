using OrleansTasks.Audit;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;
using OrleansTasks.Simulation.Checks;
using OrleansTasks.Simulation.Gateways;
using OrleansTasks.Simulation.Worker;
using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>
/// Those who look at tasks now and then, and change their minds: they cancel and retry, at the product's gateway or straight at the
/// dispatcher, read, and ask why. Whatever they are told is checked against the history of commits.
/// </summary>
internal sealed class Meddlers
{
    private const int InlineLimit = 16 * 1024;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(1_500);
    private readonly SimCluster cluster;
    private readonly SimProcess process;
    private readonly IGrainFactory grains;
    private readonly GatewayLife gateways;
    private readonly Users users;
    private readonly Referee referee;
    private readonly Coverage coverage;
    private readonly Strictness strictness;
    private readonly AuditReferee audit;
    private readonly SimRandom chance;
    private readonly SimRandom ways;
    private readonly SimRandom bulks;
    private readonly SimRandom undos;
    private readonly Dictionary<TaskId, int> cancels = [];

    // What was asked: the operations and their tasks, the latest last.
    private readonly List<(TaskId Operation, TaskId Task)> operations = [];

    public Meddlers(SimWorld world, SimProcess process, Users users, SimRandom chance)
    {
        (cluster, gateways, grains) = (world.Cluster, world.Gateways, world.Gateway.Grains);
        (referee, coverage, strictness, audit) = (world.Referee, world.Coverage, world.Strictness, world.AuditReferee);
        (this.process, this.users, this.chance) = (process, users, chance);
        ways = new SimRandom(world.Plan.Seed, "ways to the dispatcher");
        bulks = new SimRandom(world.Plan.Seed, "bulk retries");
        undos = new SimRandom(world.Plan.Seed, "undos");
    }

    private CallHistory Calls => referee.Calls;

    /// <summary>Sets them to work.</summary>
    public void Begin() => process.Post(Meddle);

    private void Meddle()
    {
        if (users.AreDone)
            return;
        var known = users.Known;
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

        if (operations.Count > 0 && undos.Next(2) == 0)
        {
            var (operation, task) = operations[^Math.Min(operations.Count, 1 + undos.Next(4))];
            process.Run(() => Try(() => Undo(operation, task)));
        }

        cluster.After(chance.Between(ShortestPause, LongestPause), () => process.Post(Meddle));
    }

    private Task Cancel(TaskId id)
    {
        referee.Tasks[id].CancelAsked = true;
        cancels[id] = cancels.GetValueOrDefault(id) + 1;
        return GoesStraight() ? Try(() => CancelAtDispatcher(id)) : Try(() => CancelAtGateway(id));
    }

    private async Task CancelAtDispatcher(TaskId id)
    {
        var call = Calls.Begin(id);
        var origin = audit.Ask(AuditActions.CancelTasks, id);
        operations.Add((origin.Id, id));
        origin.Attach();
        var outcome = (await DispatcherOf(id).Cancel([id]))[0];
        audit.Answered(origin, outcome);
        Calls.Cancelled(call, outcome);
        coverage.Fire("cancel " + outcome);
    }

    private Task CancelAtGateway(TaskId id) => AskGateway(
        id, "cancel", static (control, task) => control.Cancel(task), Calls.Cancelled,
        code => Violation.Unless(
            // A task that replaces it may have cancelled it instead.
            code != "task-finished" || cancels[id] > 1 || referee.Tasks[id].Row.CancelRequestedAt == 0
                || referee.Uniques.MayBeReplaced(id),
            $"A cancel of {id} is answered by {code}, and it took effect."));

    private Task Retry(TaskId id) => GoesStraight() ? Try(() => RetryAtDispatcher(id)) : Try(() => RetryAtGateway(id));

    private async Task RetryAtDispatcher(TaskId id)
    {
        referee.Tasks[id].RetriesAsked++;
        var call = Calls.Begin(id);
        var passesOver = bulks.Next(2) == 0;
        var origin = audit.Ask(AuditActions.RetryTasks, id);
        operations.Add((origin.Id, id));
        origin.Attach();
        var outcome = (await DispatcherOf(id).Retry([id], passesOver))[0];
        audit.Answered(origin, outcome);
        Calls.Retried(call, outcome, passesOver);
        coverage.Fire($"{(passesOver ? "bulk retry" : "retry")} {outcome}");
    }

    private Task RetryAtGateway(TaskId id)
    {
        // As often as it may arrive: the gateway repeats it once when it does not know what became of it.
        referee.Tasks[id].RetriesAsked += 2;
        return AskGateway(id, "retry", static (control, task) => control.Retry(task), Calls.Retried);
    }

    private async Task AskGateway(
        TaskId id, string what, Func<TaskControl, TaskId, Task<TaskRecord>> ask, Action<AskedCall> accepted, Action<string>? refused = null)
    {
        var call = Calls.Begin(id);
        var origin = audit.Ask(what == "cancel" ? AuditActions.CancelTasks : AuditActions.RetryTasks, id, most: 2);
        operations.Add((origin.Id, id));
        try
        {
            var now = await gateways.Ask(gateway =>
            {
                origin.Attach();
                return ask(gateway.Control, id);
            });
            Calls.Read(call, now);
            accepted(call);
            coverage.Fire(what + " accepted");
        }
        catch (ProblemException refusal)
        {
            coverage.Fire($"{what} refused: {refusal.Problem.Code}");
            Calls.Refused(call, refusal.Problem.Code);
            refused?.Invoke(refusal.Problem.Code);
        }
    }

    private async Task Undo(TaskId operation, TaskId task)
    {
        var now = cluster.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        var wasKept = referee.Undo.IsKept(operation, task, now);
        // The undo of a cancel has the task leave its end, as a retry does.
        referee.Tasks[task].RetriesAsked++;
        var origin = audit.Ask(AuditActions.UndoTasks, task);
        origin.Attach();
        var reply = await DispatcherOf(task).Undo(new UndoRequest(operation, 0));
        referee.Undo.Answered(operation, task, reply, wasKept);
    }

    private Task Read(TaskId id) => Try(async () =>
    {
        var call = Calls.Begin(id);
        var task = await grains.GetGrain<ITaskReaderGrain>("reader").Get(id);
        Calls.Read(call, task);
        if (task is not null)
            await ReadOutput(call, task);
        if (await grains.GetGrain<ITaskReaderGrain>("reader").Attempts(id) is null)
            Calls.Read(call, null);
        await grains.GetGrain<IQueueReaderGrain>("reader").List();
        await grains.GetGrain<Nodes.IFleetGrain>("fleet").List();
    });

    /// <summary>What is read of an attempt's output is what it wrote; of one that has ended, all that its result says.</summary>
    private async Task ReadOutput(AskedCall call, TaskRecord task)
    {
        var id = call.Id;
        var page = await grains.GetGrain<ITaskReaderGrain>("reader").ReadOutput(id, 0, OutputStream.Stdout, 0, 1 << 20);
        if (page is null)
        {
            // Only a task that is gone has no output to read.
            Calls.Read(call, null);
            return;
        }

        Violation.Unless(
            OutputPattern.Matches(id.ToString(), page.Attempt, page.Offset, page.Bytes.Span),
            $"Attempt {page.Attempt} of {id} did not write the {page.Bytes.Length} bytes that are read.");
        if (!task.State.IsFinal() || page.Attempt != task.Attempt || referee.Tasks[id] is not { HasResult: true, IsPruned: false, IsOutputDropped: false })
            return;
        Violation.Unless(
            page.Bytes.Length == task.StdoutBytes,
            $"{page.Bytes.Length} bytes are read of attempt {page.Attempt} of {id}, whose result says {task.StdoutBytes}.");
        coverage.Fire(page.Bytes.Length > InlineLimit ? "output read from a file" : "output read from a row");
    }

    private Task Why(TaskId id) => Try(async () =>
    {
        var call = Calls.Begin(id);
        var reply = await DispatcherOf(id).Why(id);
        Calls.Explained(call, reply);
        foreach (var reason in reply.Reasons)
            coverage.Fire("why " + reason.Code);
    });

    private bool GoesStraight() => ways.Next(3) == 0;

    private ITaskDispatcherGrain DispatcherOf(TaskId id) => grains.GetGrain<ITaskDispatcherGrain>(referee.QueueOf(id).ToString());

    private async Task Try(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception failure) when (failure is not Violation)
        {
            strictness.JudgeRequest("A user", failure);
            coverage.Fire("user saw " + failure.GetType().Name);
        }
    }
}
