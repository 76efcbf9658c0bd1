using OrleansTasks.Client.Access;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Rollouts;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Rollouts;

/// <summary>Starts, shows, resumes, cancels and retries rollouts.</summary>
/// <param name="grains">Reads rollouts and nodes, and sends requests to the owners of queues.</param>
/// <param name="waits">Waits for the commits of a rollout's queue.</param>
/// <param name="ids">Mints the ids of new rollouts.</param>
/// <param name="idempotency">The idempotency keys in use by open calls of this gateway.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="answers">Limits the bytes of large answers.</param>
/// <param name="time">The clock.</param>
/// <param name="files">Refuses rollouts whose files are not there.</param>
public sealed class RolloutCalls(
    GatewayGrains grains, CommitWaits waits, TaskIdSource ids, Idempotency idempotency, LongReads reads,
    AnswerBudget answers, TimeProvider time, FileCheck files)
{
    private const string InvalidCode = "invalid-rollout";
    private const string Path = "/api/v1/rollouts/";

    // At the maximum number of rollouts, one must end before another can start, so suggest a minute (in milliseconds).
    private const long RetryAfter = 60_000;

    // Rollouts read at once for a page of a list: their specs may have a megabyte each.
    private const int PageSize = 4;

    private static readonly string NodeStates = string.Join(", ", RolloutNames.AllNodeStates);

    /// <summary>Starts a rollout on the nodes that carry its labels now.</summary>
    internal async Task Start(HttpContext context, ApiCall call)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        var spec = RolloutSpecReader.Read(body, time.GetUtcNow().ToUnixTimeMilliseconds(), errors)
            ?? throw new ProblemException(Problems.Of(errors, InvalidCode));
        if (await files.RefusalOf(spec) is { } fault)
            throw new ProblemException(fault);
        var entry = Idempotency.EntryOf(context, call, "", body);
        using var claim = entry is null ? default : idempotency.Enter(entry.Key);
        var reply = await Begin(spec, body, ids.Next(), entry);
        switch (reply.Outcome)
        {
            case RolloutOutcome.Done:
                break;
            case RolloutOutcome.Replayed:
                context.Response.Headers[Idempotency.ReplayedHeader] = "true";
                break;
            case RolloutOutcome.KeyReused:
                throw new ProblemException(Problems.IdempotencyKeyReuse());
            default:
                throw new ProblemException(TooManyOpen());
        }

        context.Response.Headers.Location = Path + reply.Id;
        await Accept(context, reply.Id);
    }

    /// <summary>Starts a rollout that was read from a body, under an id.</summary>
    internal async Task<RolloutReply> Begin(RolloutSpec spec, byte[] body, TaskId id, IdempotencyEntry? idempotency)
    {
        var request = new RolloutRequest(RolloutAction.Start, id)
        {
            Spec = spec.CopyBody(body), SecretEnv = spec.Extent.CopySecrets(body), Nodes = await NodesOf(spec), Idempotency = idempotency,
        };
        return await grains.Writes.Once(() => grains.Dispatcher(spec.Task.Queue).Rollout(request));
    }

    /// <summary>Returns the problem of a queue with too many rollouts that have not ended.</summary>
    internal static Problem TooManyOpen() => Problems.QueueFull(RetryAfter);

    /// <summary>Returns one rollout, at once or when it no longer runs.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var wait = context.ReadQuery(call).Duration("wait", TaskWaits.Longest) ?? TimeSpan.Zero;
        var id = IdOf(context);
        if (wait > TimeSpan.Zero && await QueueOf(context, id) is { } queue)
        {
            await waits.Until(
                queue, () => QueueOf(context, id), static queue => queue is null, wait, context.RequestAborted);
        }

        using var place = await answers.Hold(context, ServiceLimits.BodyBytes);
        await Send(context, await Find(id));
    }

    // Returns the queue of a rollout that runs; null if it no longer does. The rollout itself is not kept while the call
    // waits, because its spec may have a megabyte.
    private async Task<string?> QueueOf(HttpContext context, TaskId id)
    {
        using var place = await answers.Hold(context, ServiceLimits.BodyBytes);
        return await Find(id) is { State: RolloutState.Running } rollout ? rollout.Queue : null;
    }

    /// <summary>Lists rollouts, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        var before = Cursors.Read(query.Text("cursor"));
        using var list = await LongList.Begin(context, answers);
        var (left, hasMore) = (limit, true);
        while (left > 0 && hasMore && !list.IsFull)
        {
            var size = Math.Min(left, PageSize);
            var page = await grains.Rollouts.List(before, size + 1);
            var sent = 0;
            for (; sent < Math.Min(size, page.Length) && !list.IsFull; sent++)
                await list.Add(page[sent], static (json, rollout) => ContractJson.Write(json, RolloutAnswer.Of(rollout)));
            if (sent > 0)
                before = page[sent - 1].Id;
            left -= sent;
            hasMore = page.Length > sent;
        }

        await list.End(hasMore ? Cursors.After(before!.Value) : null);
    }

    /// <summary>Lists the nodes of a rollout.</summary>
    internal async Task Nodes(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: 100);
        RolloutNodeState? state = null;
        if (query.Text("state") is { } text)
        {
            state = RolloutNames.AllNodeStates.IndexOf(text) is >= 0 and var index
                ? (RolloutNodeState)index
                : throw QueryValues.Refuse($"'state' must be one of {NodeStates}.");
        }

        // A cursor holds a task id. For nodes, its low half is the node's place.
        var after = Cursors.Read(query.Text("cursor")) is { } cursor ? (int)Math.Min(cursor.Low, int.MaxValue) : -1;
        var nodes = await grains.Rollouts.Nodes(IdOf(context), state, after, limit + 1) ?? throw NoRollout();
        await ListAnswer.SendPage(
            context, nodes, limit, static (json, node) => ContractJson.Write(json, RolloutNodeAnswer.Of(node)),
            static node => Cursors.After(new TaskId(0, (ulong)node.Place)));
    }

    /// <summary>Lists groups of nodes whose commands ended alike.</summary>
    internal async Task Output(HttpContext context)
    {
        var id = IdOf(context);
        var groups = await reads.Run(context, cancellation => grains.Rollouts.Output(id, cancellation))
            ?? throw NoRollout();
        await ContractJson.Send(context, RolloutOutputAnswer.Of(groups));
    }

    /// <summary>Lets a halted rollout go on.</summary>
    internal Task Resume(HttpContext context) => Control(context, RolloutAction.Resume);

    /// <summary>Ends a rollout.</summary>
    internal Task Cancel(HttpContext context) => Control(context, RolloutAction.Cancel);

    /// <summary>Gives the command once more to the nodes that failed.</summary>
    internal Task Retry(HttpContext context) => Control(context, RolloutAction.Retry);

    // Also selects nodes that are lost or whose workers have left, because they may return in time. Leaves out nodes
    // that only run handlers, because they cannot run the command.
    private async Task<ImmutableArray<string>> NodesOf(RolloutSpec spec)
    {
        ImmutableArray<string> nodes =
        [
            .. (await grains.Fleet.List())
                .Where(node => !node.Enforces.HasFlag(Limits.HandlersOnly) && spec.Select.All(node.Labels.Contains))
                .Select(static node => node.Id).Order(StringComparer.Ordinal),
        ];
        if (nodes.IsEmpty)
        {
            throw Invalid(new SpecError("select", spec.Select.IsEmpty
                ? "selects all nodes, but the service knows no node"
                : "selects no node: no node that the service knows carries all of these labels"));
        }

        if (nodes.Length > ServiceLimits.RolloutNodes)
        {
            throw Invalid(new SpecError(
                "select", $"selects {nodes.Length} nodes; at most {ServiceLimits.RolloutNodes} are allowed"));
        }

        return RolloutSpecReader.FaultOf(spec.Plan, nodes.Length) is { } fault ? throw Invalid(fault) : nodes;
    }

    private async Task Control(HttpContext context, RolloutAction action)
    {
        var rollout = await grains.Writes.FirstRead(() => Find(IdOf(context)));
        var reply = await grains.Writes.Once(
            () => grains.Dispatcher(rollout.Queue).Rollout(new RolloutRequest(action, rollout.Id)));
        switch (reply.Outcome)
        {
            case RolloutOutcome.Done:
                await Accept(context, rollout.Id);
                return;
            case RolloutOutcome.Finished:
                throw new ProblemException(Problems.RolloutFinished((await Find(rollout.Id)).State.Name()));
            case RolloutOutcome.NotRetryable:
                throw new ProblemException(
                    Problems.NotRetryable("No node of the rollout has failed, or it was cancelled."));
            case RolloutOutcome.SecretsGone:
                throw new ProblemException(Problems.NotRetryable(
                    "The secretEnv of the rollout's task was removed when the rollout ended. Start a new rollout."));
            case RolloutOutcome.QueueFull:
                throw new ProblemException(Problems.QueueFull(RetryAfter));
            default:
                throw NoRollout();
        }
    }

    private async Task<RolloutView> Find(TaskId id) => await grains.Rollouts.Get(id) ?? throw NoRollout();

    private async Task Accept(HttpContext context, TaskId id)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await Send(context, await grains.Writes.ThenRead(() => Find(id)));
    }

    private static Task Send(HttpContext context, RolloutView rollout)
    {
        if (context.MayRead())
            return ContractJson.Send(context, RolloutAnswer.Of(rollout));
        var json = JsonAnswer.Rent();
        BriefAnswer.Write(json.Writer, rollout.Id.ToString(), rollout.State.Name());
        return json.Send(context.Response);
    }

    private static TaskId IdOf(HttpContext context) =>
        TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : throw NoRollout();

    private static ProblemException Invalid(SpecError error) => new(Problems.Invalid(InvalidCode, [error]));

    private static ProblemException NoRollout() =>
        new(Problems.NotFound("No rollout has this id; the service may have deleted it after the retention time."));
}
