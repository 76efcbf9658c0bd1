using System.Diagnostics;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Audit;
using OrleansTasks.Client.Files;
using OrleansTasks.Client.Http;
using OrleansTasks.Queues;
using OrleansTasks.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Tasks;

/// <summary>Accepts tasks and batches.</summary>
/// <param name="pump">Sends requests to their dispatchers.</param>
/// <param name="ids">Mints ids.</param>
/// <param name="preview">Answers dry runs.</param>
/// <param name="parents">Refuses tasks that wait for tasks of a queue that does not exist.</param>
/// <param name="files">Refuses tasks whose files are not there.</param>
/// <param name="grains">Reads the tasks that take the place of new ones.</param>
/// <param name="time">The clock.</param>
public sealed class SubmitCalls(
    SubmitPump pump, TaskIdSource ids, SubmitPreview preview, ParentCheck parents, FileCheck files, GatewayGrains grains,
    TimeProvider time)
{
    private const string DryRun = "dryRun";

    /// <summary>The query parameters of a task's submission.</summary>
    public static readonly QueryParameter[] Parameters =
    [
        new(DryRun, "true: accept nothing, and answer 200 with the resulting spec, the nodes that fit and the estimated start.",
            "true"),
    ];

    private const string TaskPath = "/api/v1/tasks/";
    private const string BatchPath = "/api/v1/batches/";

    /// <summary>Accepts one task.</summary>
    internal async Task SubmitOne(HttpContext context, ApiCall call)
    {
        var isDry = context.ReadQuery(call).Flag(DryRun);
        var body = await RequestBody.ReadJson(context, RequestBody.Largest, time);
        var errors = new SpecErrors();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (TaskSpecReader.Read(body, now, errors, out var extent) is not { } spec)
        {
            await context.WriteProblem(Problems.Of(errors, "invalid-task"));
            return;
        }

        if (await files.RefusalOf(spec) is { } fault)
        {
            await context.WriteProblem(fault);
            return;
        }

        var task = TaskSubmission.Of(ids.Next(), spec, extent, body, RequestOrigin.SubmitterOf(context));
        var queue = spec.Queue;
        var key = Idempotency.KeyOf(context, call);
        if (isDry)
        {
            await preview.Send(context, spec, task.Spec);
            return;
        }

        if (key is not null)
        {
            var answer = new StoredAnswer(TaskPath + task.Id, Bytes(context, task, spec.Queue));
            await SubmitOnce(context, queue,
                new SubmitRequest([task], null, Idempotency.EntryOf(key, body, answer)), answer, body.Length);
            return;
        }

        var request = new SubmitRequest([task], null, null);
        var verdict = await Submit(queue, request, body.Length);
        if (verdict.Refusal is { } refusal)
        {
            await context.WriteProblem(refusal);
            return;
        }

        if (verdict.Joined is { } joined)
        {
            await SendJoined(context, joined);
            return;
        }

        Trace(request, spec.Queue);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = TaskPath + task.Id;
        var json = JsonAnswer.Rent();
        Write(context, json, task, spec.Queue);
        await json.Send(context.Response);
    }

    /// <summary>Accepts or refuses a batch as a whole.</summary>
    internal async Task SubmitBatch(HttpContext context, ApiCall call)
    {
        var body = await RequestBody.ReadJson(context, RequestBody.LargestBatch, time);
        var errors = new SpecErrors();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (BatchSpecReader.Read(body, now, errors) is not { } specs)
        {
            await context.WriteProblem(Problems.Of(errors, "invalid-task"));
            return;
        }

        if (await files.RefusalOf(specs.Select(static one => one.Spec)) is { } fault)
        {
            await context.WriteProblem(fault);
            return;
        }

        var batch = ids.Next();
        var tasks = ImmutableArray.CreateBuilder<TaskSubmission>(specs.Count);
        var submitter = RequestOrigin.SubmitterOf(context);
        foreach (var (spec, extent) in specs)
            tasks.Add(TaskSubmission.Of(ids.Next(), spec, extent, body, submitter));
        var answer = new StoredAnswer(BatchPath + batch, Bytes(batch, tasks));
        var entry = Idempotency.KeyOf(context, call) is { } key ? Idempotency.EntryOf(key, body, answer) : null;
        var request = new SubmitRequest(tasks.MoveToImmutable(), batch, entry);
        await SubmitOnce(context, specs[0].Spec.Queue, request, answer, body.Length);
    }

    /// <summary>
    /// Sends a request. Answers with its outcome, or with the stored answer if the same request was accepted before.
    /// </summary>
    internal async Task SubmitOnce(HttpContext context, string queue, SubmitRequest request,
        StoredAnswer answer, int bytes)
    {
        var verdict = await Submit(queue, request, bytes);
        if (verdict.Refusal is { } refusal)
        {
            await context.WriteProblem(refusal);
            return;
        }

        if (!verdict.Replay.IsEmpty)
            context.Response.Headers[Idempotency.ReplayedHeader] = "true";
        if (verdict.Joined is { } joined)
        {
            await SendJoined(context, joined);
            return;
        }

        if (!verdict.Replay.IsEmpty)
            answer = StoredAnswer.Decode(verdict.Replay);
        else
            Trace(request, queue);

        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = answer.Location;
        context.Response.ContentType = "application/json";
        await context.SendBytes(answer.Body);
    }

    /// <summary>
    /// Sends a request without an idempotency key. Returns why it was refused; null if it was accepted. Throws if the
    /// outcome is unknown.
    /// </summary>
    internal async Task<Problem?> Start(string queue, SubmitRequest request, int bytes)
    {
        var verdict = await Submit(queue, request, bytes);
        if (verdict.Refusal is { Status: StatusCodes.Status504GatewayTimeout } unknown)
            throw new ProblemException(unknown);
        if (verdict.Refusal is null)
            Trace(request, queue);
        return verdict.Refusal;
    }

    private async Task SendJoined(HttpContext context, TaskId id)
    {
        context.Response.Headers.Location = TaskPath + id;
        await ReadCalls.Send(context, await grains.Tasks.Get(id) ?? throw ReadCalls.NoTask());
    }

    private Task<SubmitVerdict> Submit(string queue, SubmitRequest request, int bytes) =>
        ParentCheck.FirstParent(request) is { } parent
            ? Submit(queue, request, bytes, parent)
            : pump.Submit(queue, request, bytes);

    private async Task<SubmitVerdict> Submit(string queue, SubmitRequest request, int bytes, TaskId parent) =>
        await parents.RefusalOf(queue, request, parent) is { } refusal
            ? new SubmitVerdict(refusal, default)
            : await pump.Submit(queue, request, bytes);

    /// <summary>
    /// Records a span for each accepted task, from the request to its answer, with a link to the request's span.
    /// </summary>
    private void Trace(SubmitRequest request, string queue)
    {
        if (!TaskTraces.IsOn)
            return;
        var (ended, http) = (time.GetUtcNow(), Activity.Current);
        var began = http is null ? ended : new DateTimeOffset(http.StartTimeUtc);
        foreach (var task in request.Tasks)
            TaskTraces.Record("submit", ActivityKind.Producer, task.Id, queue, began, ended, cause: http?.Context ?? default);
    }

    private static byte[] Bytes(HttpContext context, TaskSubmission task, string queue)
    {
        var json = JsonAnswer.Rent();
        Write(context, json, task, queue);
        return json.ToArray();
    }

    private static void Write(HttpContext context, JsonAnswer json, TaskSubmission task, string queue)
    {
        if (context.MayRead())
            AcceptedJson.Write(json, task, queue);
        else
        {
            var accepted = AcceptedTask.Of(task, queue);
            BriefAnswer.Write(json.Writer, task.Id.ToString(), accepted.State.Name(), accepted.Version);
        }
    }

    private static byte[] Bytes(TaskId batch, ImmutableArray<TaskSubmission>.Builder tasks)
    {
        var json = JsonAnswer.Rent();
        json.Writer.WriteStartObject();
        json.Writer.WriteString("batch"u8, batch.ToString());
        json.Writer.WriteStartArray("ids"u8);
        Span<byte> text = stackalloc byte[TaskId.TextLength];
        foreach (var task in tasks)
        {
            task.Id.WriteText(text);
            json.Writer.WriteStringValue(text);
        }

        json.Writer.WriteEndArray();
        json.Writer.WriteEndObject();
        return json.ToArray();
    }
}
