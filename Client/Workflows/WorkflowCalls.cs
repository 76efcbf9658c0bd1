using System.Text.Json;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Definitions;
using OrleansTasks.Client.Feed;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;
using OrleansTasks.Workflows;

namespace OrleansTasks.Client.Workflows;

/// <summary>Accepts, shows, cancels and retries workflows.</summary>
/// <param name="grains">Reads workflows.</param>
/// <param name="submissions">Sends tasks to their dispatchers.</param>
/// <param name="definitions">Puts what definitions start into nodes.</param>
/// <param name="files">Refuses workflows whose files are not there.</param>
/// <param name="control">Cancels and retries.</param>
/// <param name="waits">Waits for workflows to end.</param>
/// <param name="ids">Mints ids.</param>
/// <param name="reads">Limits concurrent long reads.</param>
/// <param name="time">The clock.</param>
public sealed class WorkflowCalls(
    GatewayGrains grains, SubmitCalls submissions, NodeDefinitions definitions, FileCheck files,
    WorkflowControl control, WorkflowWaits waits, TaskIdSource ids, LongReads reads, TimeProvider time)
{
    private const int PageSize = 100;
    private const string Root = "/api/v1/workflows/";
    private static readonly string StateNames = string.Join(", ", WorkflowNames.AllStates);

    /// <summary>Accepts or refuses a workflow as a whole.</summary>
    internal async Task Submit(HttpContext context, ApiCall call)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.LargestBatch, time);
        var errors = new SpecErrors();
        if (await definitions.Read(body, errors) is not { } filled)
        {
            await context.WriteProblem(Problems.Of(errors, "invalid-workflow"));
            return;
        }

        var spec = filled.Spec;
        if (await files.RefusalOf(spec) is { } fault)
        {
            await context.WriteProblem(fault.At(filled.AsWritten));
            return;
        }

        var id = ids.Next();
        var submitter = RequestOrigin.SubmitterOf(context);
        ImmutableArray<TaskSubmission> tasks =
        [
            .. filled.Tasks(id, ids.Next).Select(task => task with { Submitter = submitter }),
        ];
        var answer = new StoredAnswer(Root + id, Bytes(context, Accepted(id, spec)));
        var entry = Idempotency.KeyOf(context, call) is { } key ? Idempotency.EntryOf(key, body, answer) : null;
        var request = new SubmitRequest(tasks, id, entry)
        {
            Workflow = new WorkflowStart(id, WorkflowOutline.Of(spec).Write()),
        };
        await submissions.SubmitOnce(
            context, spec.Queue, request, answer, filled.Body.Length);
    }

    /// <summary>Returns one workflow, at once or when it has ended.</summary>
    internal async Task Get(HttpContext context, ApiCall call)
    {
        var wait = context.ReadQuery(call).Duration("wait", TaskWaits.Longest) ?? TimeSpan.Zero;
        await Send(context, await waits.Ended(IdOf(context), wait, context.RequestAborted) ?? throw NoWorkflow());
    }

    /// <summary>Lists workflows, newest first.</summary>
    internal async Task List(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: PageSize);
        var (filter, before) = (FilterOf(query), Cursors.Read(query.Text("cursor")));
        var found = await reads.Run(
            context, cancellation => grains.Workflows.List(filter, before, limit + 1, cancellation));
        await ListAnswer.SendPage(
            context, found, limit, static (json, workflow) => ContractJson.Write(json, WorkflowAnswer.Of(workflow)),
            static workflow => Cursors.After(workflow.Id));
    }

    /// <summary>Lists the nodes of a workflow, in the order of submission.</summary>
    internal async Task Nodes(HttpContext context, ApiCall call)
    {
        var query = context.ReadQuery(call);
        var limit = query.Integer("limit", 1, 1000, defaultValue: PageSize);
        var state = FilterQuery.StateOf(query.Text("state"));
        // A cursor holds a task id. For nodes, its low half is the node's index.
        var after = Cursors.Read(query.Text("cursor")) is { } cursor ? (int)Math.Min(cursor.Low, int.MaxValue) : -1;
        var nodes = await grains.Workflows.Nodes(IdOf(context), state, after, limit + 1) ?? throw NoWorkflow();
        await ListAnswer.SendPage(
            context, nodes, limit, static (json, node) => ContractJson.Write(json, WorkflowNodeAnswer.Of(node)),
            static node => Cursors.After(new TaskId(0, (ulong)node.Index)));
    }

    /// <summary>Requests that the nodes of a workflow end.</summary>
    internal async Task Cancel(HttpContext context) => await Accept(context, await control.Cancel(IdOf(context)));

    /// <summary>Runs all nodes again that did not succeed.</summary>
    internal async Task Retry(HttpContext context) => await Accept(context, await control.Retry(IdOf(context)));

    /// <summary>Sends a workflow as the answer.</summary>
    internal static Task Send(HttpContext context, WorkflowView workflow)
    {
        var json = JsonAnswer.Rent();
        Write(context, json.Writer, workflow);
        return json.Send(context.Response);
    }

    /// <summary>Returns the exception for 404: no such workflow.</summary>
    internal static ProblemException NoWorkflow() =>
        new(Problems.NotFound("No workflow has this id; the service may have deleted it after the retention time."));

    internal static TaskId IdOf(HttpContext context) =>
        TaskId.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : throw NoWorkflow();

    private static WorkflowFilter FilterOf(in QueryValues query)
    {
        WorkflowState? state = null;
        if (query.Text("state") is { } text)
        {
            if (!WorkflowNames.TryParse(text, out var known))
                throw QueryValues.Refuse($"'state' must be one of {StateNames}.");
            state = known;
        }

        var shared = FilterQuery.ReadShared(query);
        return new WorkflowFilter(
            state, shared.Queue, shared.Name, shared.Labels, shared.CreatedAfter, shared.CreatedBefore);
    }

    private static WorkflowView Accepted(TaskId id, WorkflowSpec spec)
    {
        var byState = new int[TaskStates.All.Length];
        for (var i = 0; i < spec.Nodes.Length; i++)
        {
            var waits = spec.Graph.AfterOf(i).Length > 0 || spec.Nodes[i].Task.RunAt > id.CreatedAt;
            byState[(int)(waits ? TaskState.Scheduled : TaskState.Queued)]++;
        }

        return new WorkflowView(id, spec.Queue, spec.Name, WorkflowState.Running)
        {
            OnFailure = spec.OnFailure,
            Labels = spec.Labels,
            ByState = [.. byState],
        };
    }

    private static byte[] Bytes(HttpContext context, WorkflowView workflow)
    {
        var json = JsonAnswer.Rent();
        Write(context, json.Writer, workflow);
        return json.ToArray();
    }

    private static void Write(HttpContext context, Utf8JsonWriter json, WorkflowView workflow)
    {
        if (context.MayRead())
            ContractJson.Write(json, WorkflowAnswer.Of(workflow));
        else
            BriefAnswer.Write(json, workflow.Id.ToString(), workflow.State.Name());
    }

    private static Task Accept(HttpContext context, WorkflowView workflow)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        return Send(context, workflow);
    }
}
